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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.Leaf;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Sends values through the columns of a type and back, and holds them to the law of the package.
 */
public final class RoundTrip {

    private RoundTrip() {}

    /** Columns of a value state with this type. */
    public static EntryColumns row(ColumnType value) {
        return new EntryColumns(
                StateKind.VALUE, 1, false, ColumnTypes.int64(), ColumnTypes.nothing(), null, value);
    }

    /** Checks the law for these rows, added one behind the other; gives which rows were typed. */
    public static List<Boolean> check(ColumnType type, List<byte[]> values) {
        assertThat(ColumnType.parse(type.toString())).isEqualTo(type);
        EntryBinding binding = new EntryBinding(row(type));
        List<Boolean> typed = new ArrayList<>();
        for (byte[] value : values) {
            typed.add(binding.addValue(new Slice(value)));
        }
        EntryBinding copy = new EntryBinding(row(type));
        for (Leaf leaf : binding.valueLeaves()) {
            leaf.cursor().setBuffer(leaf.buffer(), values.size());
        }
        for (int row = 0; row < values.size(); row++) {
            copy.copyValue(binding, row);
        }
        for (Leaf leaf : copy.valueLeaves()) {
            leaf.cursor().setBuffer(leaf.buffer(), values.size());
        }
        ValueBuffer out = new ValueBuffer();
        for (int row = values.size() - 1; row >= 0; row--) {
            if (typed.get(row)) {
                binding.assembleValue(row, out.clear());
                assertThat(out.toBytes()).as("row %s of %s", row, type).isEqualTo(values.get(row));
                copy.assembleValue(row, out.clear());
                assertThat(out.toBytes()).as("copied row %s", row).isEqualTo(values.get(row));
            }
        }
        return typed;
    }

    /** Checks the law for damaged forms of these values and for random bytes. */
    public static void fuzz(ColumnType type, List<byte[]> values, long seed, int rounds) {
        Random random = new Random(seed);
        List<byte[]> hostile = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            byte[] value = values.get(random.nextInt(values.size())).clone();
            switch (random.nextInt(4)) {
                case 0 -> value = java.util.Arrays.copyOf(value, random.nextInt(value.length + 3));
                case 1 -> {
                    value = new byte[random.nextInt(24)];
                    random.nextBytes(value);
                }
                default -> {
                    for (int j = random.nextInt(3); j >= 0 && value.length > 0; j--) {
                        value[random.nextInt(value.length)] = (byte) random.nextInt();
                    }
                }
            }
            hostile.add(value);
        }
        check(type, hostile);
    }
}
