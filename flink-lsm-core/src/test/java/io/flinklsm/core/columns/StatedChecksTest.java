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
package io.flinklsm.core.columns;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.DecimalRange;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafColumn;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TimestampUnit;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.sql.SqlTypes;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Types that no serializer has are refused, and columns that leave each other are found. */
final class StatedChecksTest {

    @Test
    void aTypeThatIsNoneIsRefused() {
        ColumnType opaque = ColumnTypes.opaque("mine", "is not known");
        ColumnType number = ColumnTypes.int32();
        List<String> names = List.of("left", "right");

        refused(
                "without columns is part of another",
                () -> new ListType(opaque, ListType.Framing.COUNTED));
        refused("without columns is part of another", () -> new RecordType(opaque));
        refused("without columns is part of another", () -> new TtlType(opaque));
        refused(
                "without columns is part of another",
                () -> new MapType(number, opaque, ListType.Framing.COUNTED));
        refused("nullFlag=2", () -> new NullableType(number, 2, 0));
        refused("leftTag=256", () -> ColumnTypes.either(256, 1, names, number, number));
        refused(
                "sides=2, leftTag=1, rightTag=1",
                () -> ColumnTypes.either(1, 1, names, number, number));
        refused(
                "labels=0, children=1",
                () -> new TypeText("list", List.of(), List.of(), List.of(number.text())));
        refused(
                "keyGroupBytes=3",
                () -> new EntryColumns(StateKind.VALUE, 3, false, number, number, null, number));
    }

    @Test
    void digitsThatNoNumberHasAreRefused() {
        refused("precision=0", () -> new DecimalRange(0));
        refused("precision=39", () -> SqlTypes.decimal(39, 0));
        refused("scale=20", () -> SqlTypes.decimal(19, 20));
        refused("precision=10", () -> TimestampUnit.of(10));
        refused("precision=10", () -> SqlTypes.timestamp(10, true));
        refused("kind=DECIMAL, first=5, second=6", () -> Annotation.decimal(5, 6));
        refused("kind=INTEGER, first=7, second=1", () -> Annotation.integer(7, true));
    }

    @Test
    void columnsThatAreNoneAreRefused() {
        List<ColumnNode> none = List.of();

        refused(
                "children=0",
                () ->
                        new ColumnNode(
                                "a", ColumnNode.Repetition.REQUIRED, null, Annotation.NONE, none));
        refused(
                "a column has a path",
                () -> new LeafColumn(List.of(), Physical.INT32, Annotation.NONE, 0, 0));
        refused(
                "maxDefinitionLevel=0, maxRepetitionLevel=1",
                () -> new LeafColumn(List.of("a"), Physical.INT32, Annotation.NONE, 0, 1));
        assertThatThrownBy(() -> new Binder().close())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed that was not opened: columns=0");
        Binder binder = new Binder();
        binder.open("a", ColumnNode.Repetition.REQUIRED, Annotation.NONE);
        ourFault("while groups are open: open=1", binder::nodes);
    }

    @Test
    void aBufferTakesWhatItsColumnCanHold() {
        Leaf leaf = new Binder().leaf("a", true, Physical.INT32, Annotation.NONE);
        LeafBuffer buffer = leaf.buffer();

        ourFault("defined as a value is: definition=1, max=1", () -> buffer.addNull(1, 0));
        ourFault("repetition=1, max=0", () -> buffer.endValue(1));
        ourFault("no such value: index=0, values=0", () -> buffer.intAt(0));
        ourFault("rows=1, levels=0", () -> buffer.dropNullRows(1));
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static void ourFault(String why, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(AssertionError.class).hasMessageContaining(why);
    }
}
