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
package io.flinklsm.core.memtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.memory.MemoryBudget;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RecordSorterTest {

    private static final int SMALL = 900;

    /** Ranges of this size are parted by bytes, several times over. */
    private static final int LARGE = 20_000;

    /**
     * Keys at these places are of another shape; none of them is at a multiple of a power of two.
     */
    private static final int SELDOM = 150;

    private final Random random = new Random(11);

    @ParameterizedTest
    @CsvSource({
        "numbers, true", "numbers, false",
        "ascending, true", "descending, true",
        "differ seldom, true", "differ seldom, false",
        "short seldom, true", "short seldom, false",
        "any, true", "any, false",
        "prefixes, true", "prefixes, false",
        "equal, true", "zeros, true"
    })
    void refsComeInTheUnsignedOrderOfTheirKeys(String keys, boolean hasRoomForWindows) {
        for (int count : new int[] {0, 1, 2, 13, SMALL, LARGE}) {
            assertSorted(keys(keys), count, hasRoomForWindows);
        }
    }

    private IntFunction<byte[]> keys(String kind) {
        return switch (kind) {
            // A key group of two bytes before a small number, as most states have.
            case "numbers" ->
                    i ->
                            ByteBuffer.allocate(10)
                                    .putShort((short) random.nextInt(128))
                                    .putLong(random.nextInt(1 << 20))
                                    .array();
            case "ascending" -> i -> ByteBuffer.allocate(8).putLong(i).array();
            case "descending" -> i -> ByteBuffer.allocate(8).putLong(-i).array();
            // Bytes that nearly all keys have in common, and keys that end within them.
            case "differ seldom" ->
                    i ->
                            ByteBuffer.allocate(9)
                                    .put((byte) random.nextInt(128))
                                    .putLong(
                                            (i % SELDOM == SELDOM - 1 ? 1L << 40 : 0)
                                                    + random.nextInt(1 << 20))
                                    .array();
            case "short seldom" ->
                    i ->
                            Arrays.copyOf(
                                    ByteBuffer.allocate(9)
                                            .put((byte) random.nextInt(128))
                                            .putLong(random.nextInt(1 << 20))
                                            .array(),
                                    i % SELDOM == SELDOM - 1 ? random.nextInt(6) : 9);
            case "any" ->
                    i -> {
                        byte[] key = new byte[random.nextInt(40)];
                        random.nextBytes(key);
                        return key;
                    };
            // Keys that agree in more than one window, and keys that are prefixes of others.
            case "prefixes" ->
                    i -> {
                        byte[] key = new byte[random.nextInt(30)];
                        Arrays.fill(key, (byte) 0x80);
                        if (key.length > 0) {
                            key[key.length - 1] = (byte) random.nextInt();
                        }
                        return key;
                    };
            case "equal" -> i -> new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
            case "zeros" -> i -> new byte[random.nextInt(25)];
            default -> throw new AssertionError(kind);
        };
    }

    private void assertSorted(IntFunction<byte[]> keys, int count, boolean hasRoomForWindows) {
        MemoryBudget budget = MemoryBudget.root("test", 8 << 20);
        Segments segments = new Segments(budget);
        Generation generation = new Generation(segments, false, 1, Generation.Condition.OPEN, 0);
        List<byte[]> expected = new ArrayList<>();
        int[] refs = new int[count];
        for (int i = 0; i < count; i++) {
            byte[] key = keys.apply(i);
            expected.add(key);
            int sizeBytes = (int) Records.sizeBytes(Records.PUT, key.length, 0);
            refs[i] = segments.allocate(generation, sizeBytes);
            Records.init(segments.address(refs[i]), sizeBytes, key, key.length, 0, Records.PUT, 0);
        }

        new RecordSorter(segments).sort(refs, hasRoomForWindows);

        expected.sort(Arrays::compareUnsigned);
        for (int i = 0; i < count; i++) {
            Slice key = Records.viewKey(segments.address(refs[i]), new Slice());
            assertThat(key.toBytes()).as("key %s of %s", i, count).isEqualTo(expected.get(i));
        }
        assertThat(refs).doesNotHaveDuplicates();
        segments.all().forEach(segments::release);
        budget.close();
    }
}
