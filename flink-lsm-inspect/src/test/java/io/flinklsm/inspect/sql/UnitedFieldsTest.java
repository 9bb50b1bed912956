/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.flinklsm.inspect.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.junit.jupiter.api.Test;

final class UnitedFieldsTest {

    private static final ArrowType INT = new ArrowType.Int(32, true);
    private static final ArrowType LONG = new ArrowType.Int(64, true);
    private static final ArrowType DOUBLE =
            new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
    private static final ArrowType TEXT = ArrowType.Utf8.INSTANCE;
    private static final ArrowType DATE = new ArrowType.Date(DateUnit.DAY);

    private static Field leaf(String name, ArrowType type) {
        return Field.nullable(name, type);
    }

    private static Field group(String name, ArrowType type, Field... fields) {
        return new Field(name, FieldType.nullable(type), List.of(fields));
    }

    private static Field struct(String name, Field... fields) {
        return group(name, ArrowType.Struct.INSTANCE, fields);
    }

    private static Field list(String name, Field element) {
        return group(name, ArrowType.List.INSTANCE, element);
    }

    @Test
    void columnsAndFieldsComeTogetherByName() {
        assertThat(
                        UnitedFields.of(
                                List.of(
                                        leaf("key", TEXT),
                                        struct("value", leaf("a", INT), leaf("b", TEXT))),
                                List.of(
                                        leaf("key", TEXT),
                                        leaf("more", TEXT),
                                        struct("value", leaf("c", DATE), leaf("a", LONG)))))
                .containsExactly(
                        leaf("key", TEXT),
                        struct("value", leaf("a", LONG), leaf("b", TEXT), leaf("c", DATE)),
                        leaf("more", TEXT));
    }

    @Test
    void listsAreUnitedByTheirElements() {
        assertThat(
                        UnitedFields.of(
                                List.of(list("value", struct("element", leaf("a", INT)))),
                                List.of(list("value", struct("element", leaf("b", DATE))))))
                .containsExactly(list("value", struct("element", leaf("a", INT), leaf("b", DATE))));
    }

    @Test
    void numbersBecomeTheWiderIfThatSaysThemAll() {
        assertThat(united(INT, LONG)).isEqualTo(LONG);
        assertThat(united(LONG, INT)).isEqualTo(LONG);
        assertThat(united(INT, DOUBLE)).isEqualTo(DOUBLE);
        assertThat(united(DOUBLE, INT)).isEqualTo(DOUBLE);
        assertThat(united(LONG, DOUBLE)).isNull();
        assertThat(united(new ArrowType.Int(32, false), LONG)).isNull();
    }

    @Test
    void whatTheEngineWouldForceIntoAnotherTypeIsNotUnited() {
        assertThat(united(TEXT, INT)).isNull();
        assertThat(united(INT, DATE)).isNull();
        assertThat(united(ArrowType.Binary.INSTANCE, TEXT)).isNull();
        assertThat(UnitedFields.of(List.of(leaf("v", INT)), List.of(list("v", leaf("e", INT)))))
                .isNull();
        // The engine's names have no case.
        assertThat(
                        UnitedFields.of(
                                List.of(struct("v", leaf("a", INT))),
                                List.of(struct("v", leaf("A", INT)))))
                .isNull();
    }

    private static ArrowType united(ArrowType one, ArrowType other) {
        List<Field> fields = UnitedFields.of(List.of(leaf("v", one)), List.of(leaf("v", other)));
        return fields == null ? null : fields.get(0).getType();
    }
}
