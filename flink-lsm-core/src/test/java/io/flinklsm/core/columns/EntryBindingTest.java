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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafCursor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EntryBindingTest {

    private static final ColumnType PERSON =
            ColumnTypes.struct(
                    List.of("name", "age", "Age", "tags"),
                    List.of(
                            ColumnTypes.string(),
                            ColumnTypes.int32(),
                            ColumnTypes.nullable(ColumnTypes.int64()),
                            ColumnTypes.list(ColumnTypes.string())));

    private static final List<byte[]> PEOPLE =
            List.of(
                    bytes(3, 'a', 'b', 0, 0, 0, 7, 1, 0, 0, 0, 0),
                    bytes(0, 0, 0, 0, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 2, 2, 'x', 0),
                    bytes(1, 0, 0, 0, 9, 1, 0, 0, 0, 1, 1),
                    bytes(2, 0xFF, 0x01, 0, 0, 0, 9, 1, 0, 0, 0, 1, 1));

    @Test
    void whatFitsComesBackToTheByte() {
        assertThat(RoundTrip.check(PERSON, PEOPLE)).containsOnly(true);
    }

    @Test
    void whatDoesNotFitIsRefusedAsAWholeAndItsNeighboursStay() {
        byte[] halfASurrogatePair = bytes(2, 0x80, 0xB0, 0x03, 0, 0, 0, 9, 1, 0, 0, 0, 1, 1);
        byte[] tooLong = bytes(1, 0, 0, 0, 9, 1, 0, 0, 0, 1, 1, 99);
        byte[] tooShort = bytes(1, 0, 0, 0, 9, 1, 0, 0, 0, 2, 1);

        List<Boolean> typed =
                RoundTrip.check(
                        PERSON,
                        List.of(
                                PEOPLE.get(0),
                                halfASurrogatePair,
                                PEOPLE.get(1),
                                tooLong,
                                tooShort,
                                PEOPLE.get(2)));

        assertThat(typed).containsExactly(true, false, true, false, false, true);
    }

    @Test
    void damagedBytesAreRefusedOrComeBackToTheByte() {
        RoundTrip.fuzz(PERSON, PEOPLE, 42, 5000);
        RoundTrip.fuzz(
                ColumnTypes.delimited(ColumnTypes.ttl(ColumnTypes.list(ColumnTypes.string()))),
                List.of(bytes(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 2, 'a', 1)),
                43,
                5000);
    }

    @Test
    void namesThatDifferInCaseAloneGetNumbers() {
        EntryBinding binding = new EntryBinding(RoundTrip.row(PERSON));

        assertThat(binding.valueLeaves().stream().map(leaf -> leaf.column().path()).toList())
                .containsExactly(
                        List.of("value", "name"),
                        List.of("value", "age"),
                        List.of("value", "Age_2"),
                        List.of("value", "tags", "list", "element"));
    }

    @Test
    void aKeyIsTakenApartIntoItsParts() {
        EntryColumns columns =
                new EntryColumns(
                        StateKind.MAP,
                        1,
                        true,
                        ColumnTypes.string(),
                        ColumnTypes.string(),
                        ColumnTypes.int32(),
                        ColumnTypes.nullable(ColumnTypes.int32()));
        EntryBinding binding = new EntryBinding(EntryColumns.parse(columns.toString()));

        binding.addKey(new Slice(bytes(9, 2, 'k', 2, 3, 'n', 's', 3, 0, 0, 0, 5)));
        binding.addKey(new Slice(bytes(9, 2, 'k', 1, 3, 'n', 's', 3, 0, 0, 0, 5)));

        for (Leaf leaf : binding.keyLeaves()) {
            leaf.cursor().setBuffer(leaf.buffer(), 2);
            leaf.cursor().seekRow(0);
        }
        assertThat(text(binding.keyLeaves().get(0).cursor())).isEqualTo("k");
        assertThat(text(binding.keyLeaves().get(1).cursor())).isEqualTo("ns");
        assertThat(binding.keyLeaves().get(2).cursor().intValue()).isEqualTo(5);
        for (Leaf leaf : binding.keyLeaves()) {
            leaf.cursor().seekRow(1);
            assertThat(leaf.cursor().definition()).isZero();
        }
    }

    @Test
    void malformedTextsAreRefused() {
        assertThatThrownBy(() -> ColumnType.parse("list(list(")).hasMessageContaining("malformed");
        assertThatThrownBy(() -> ColumnType.parse("java.lang.Runtime"))
                .hasMessageContaining("malformed");
        assertThatThrownBy(() -> ColumnType.parse("runtime")).hasMessageContaining("unknown");
        assertThatThrownBy(() -> ColumnType.parse("list(".repeat(100)))
                .hasMessageContaining("too deep");
        assertThatThrownBy(() -> ColumnType.parse("list(int32,int32)"))
                .hasMessageContaining("children");
    }

    private static String text(LeafCursor cursor) {
        return new String(
                cursor.bytes(), cursor.bytesFrom(), cursor.bytesLength(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
