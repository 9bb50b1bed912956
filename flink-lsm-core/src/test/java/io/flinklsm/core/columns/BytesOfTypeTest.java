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
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.EndFinder;
import io.flinklsm.core.columns.leaf.Leaf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A field that only its serializer understands, beside fields that have columns. */
final class BytesOfTypeTest {

    private static final ColumnType UNKNOWN = ColumnTypes.opaque("job.Serializer", "its own");

    /** As many bytes as the first one says, and that one. */
    private static final EndFinder.Source COUNTED =
            () -> (bytes, from, to) -> 1 + (bytes[from] & 0xFF);

    private static ColumnType pojo(EndFinder.Source ends) {
        return ColumnTypes.pojo(
                List.of("a", "b", "c"),
                List.of(
                        ColumnTypes.int32(),
                        ColumnTypes.bytesOf(UNKNOWN, "", ends),
                        ColumnTypes.int8()));
    }

    /** Not null; a = 7; b is not null and counts its bytes; c = 9. */
    private static byte[] value(int... counted) {
        byte[] value = new byte[counted.length + 10];
        value[0] = 2;
        value[5] = 7;
        value[7] = (byte) counted.length;
        for (int i = 0; i < counted.length; i++) {
            value[8 + i] = (byte) counted[i];
        }
        value[9 + counted.length] = 9;
        return value;
    }

    private static final byte[] NULL_FIELD = {2, 0, 0, 0, 0, 7, 1, 0, 9};

    @Test
    void itIsAColumnOfBytesBesideTheOthers() {
        ColumnType type = pojo(COUNTED);
        List<byte[]> values = List.of(value(), value(1, 2, 3), NULL_FIELD, value(new int[100]));

        assertThat(type)
                .hasToString(
                        "pojo(\"a\":int32,\"b\":bytes-of[\"job.Serializer\",\"its"
                                + " own\"],\"c\":int8)");
        assertThat(RoundTrip.check(type, values)).containsOnly(true);
        RoundTrip.fuzz(type, values, 5, 5000);

        EntryBinding binding = new EntryBinding(RoundTrip.row(type));
        binding.addValue(new Slice(value(1, 2, 3)));
        Leaf leaf = binding.valueLeaves().get(1);
        assertThat(leaf.column().path()).containsExactly("value", "b");
        assertThat(leaf.buffer().data()).startsWith(3, 1, 2, 3);
        assertThat(leaf.buffer().lengths()[0]).isEqualTo(4);
    }

    @Test
    void aReaderOfTheTextPutsValuesTogetherAndTakesNoneApart() {
        ColumnType known = pojo(COUNTED);
        ColumnType read = ColumnType.parse(known.toString());
        EntryBinding writer = new EntryBinding(RoundTrip.row(known));
        writer.addValue(new Slice(value(4, 5)));
        for (Leaf leaf : writer.valueLeaves()) {
            leaf.cursor().setBuffer(leaf.buffer(), 1);
        }
        EntryBinding copy = new EntryBinding(RoundTrip.row(read));
        assertThat(copy.columns()).isEqualTo(writer.columns());

        copy.copyValue(writer, 0);
        for (Leaf leaf : copy.valueLeaves()) {
            leaf.cursor().setBuffer(leaf.buffer(), 1);
        }
        ValueBuffer out = new ValueBuffer();
        copy.assembleValue(0, out);

        assertThat(out.toBytes()).isEqualTo(value(4, 5));
        assertThat(new EntryBinding(RoundTrip.row(read)).addValue(new Slice(value(4, 5))))
                .isFalse();
    }

    @Test
    void whateverAFinderSaysTheBytesComeBack() {
        List<EndFinder> liars =
                List.of(
                        (bytes, from, to) -> bytes[from] & 0xFF,
                        (bytes, from, to) -> 2 + (bytes[from] & 0xFF),
                        (bytes, from, to) -> 0,
                        (bytes, from, to) -> -1,
                        (bytes, from, to) -> Integer.MIN_VALUE,
                        (bytes, from, to) -> Integer.MAX_VALUE,
                        (bytes, from, to) -> to - from,
                        (bytes, from, to) -> to);
        for (EndFinder liar : liars) {
            ColumnType type = pojo(() -> liar);
            List<byte[]> values = List.of(value(), value(1, 2, 3), value(0, 9), NULL_FIELD);
            RoundTrip.check(type, values);
            RoundTrip.fuzz(type, values, 7, 1000);
        }
    }

    @Test
    void aFinderThatFailsIsReplacedAndGivenUpAtLast() {
        List<EndFinder> opened = new ArrayList<>();
        EndFinder.Source failing =
                () -> {
                    EndFinder finder =
                            (bytes, from, to) -> {
                                if (bytes[from] == 1 && bytes[from + 1] == 0) {
                                    throw new IOException("hostile");
                                } else if (bytes[from] == 1) {
                                    throw new StackOverflowError();
                                }
                                return 1 + bytes[from];
                            };
                    opened.add(finder);
                    return finder;
                };
        EntryBinding binding = new EntryBinding(RoundTrip.row(pojo(failing)));

        assertThat(binding.addValue(new Slice(value(1, 2)))).isTrue();
        assertThat(binding.addValue(new Slice(value(1)))).isFalse();
        assertThat(binding.addValue(new Slice(value(0)))).isFalse();
        assertThat(binding.addValue(new Slice(value(1, 2)))).isTrue();
        assertThat(opened).hasSize(3);
        for (int i = 0; i < 500; i++) {
            assertThat(binding.addValue(new Slice(value(0)))).isFalse();
        }

        assertThat(binding.addValue(new Slice(value(1, 2)))).isFalse();
        assertThat(opened).hasSize(100);
    }

    @Test
    void aVirtualMachineThatIsBrokenIsNotHidden() {
        EndFinder.Source broken =
                () ->
                        (bytes, from, to) -> {
                            throw new InternalError("broken");
                        };
        EntryBinding binding = new EntryBinding(RoundTrip.row(pojo(broken)));

        assertThatThrownBy(() -> binding.addValue(new Slice(value(1))))
                .isInstanceOf(InternalError.class);
    }
}
