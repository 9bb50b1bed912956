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
package io.flinklsm.core.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Copies are whole whatever their length, and touch nothing beside their range. */
final class RawMemoryTest {

    private static final int ROOM_BYTES = 1 << 10;
    private static final byte UNTOUCHED = 0x5a;

    private final MemoryBudget budget = MemoryBudget.root("raw", ROOM_BYTES);
    private final MemoryBlock block = budget.tryAllocate(ROOM_BYTES);

    @AfterEach
    void release() {
        block.release();
        budget.close();
    }

    @Test
    void copyOfAnyLengthEndsWhereItShould() {
        Random random = new Random(3);
        for (int length = 0; length <= 200; length++) {
            byte[] source = new byte[length + 3];
            random.nextBytes(source);
            byte[] expected = Arrays.copyOfRange(source, 3, 3 + length);

            RawMemory.fill(null, block.address(), ROOM_BYTES, UNTOUCHED);
            RawMemory.copy(
                    source, RawMemory.BYTE_ARRAY_OFFSET + 3, null, block.address() + 5, length);
            byte[] back = new byte[length + 2];
            Arrays.fill(back, UNTOUCHED);
            RawMemory.copy(
                    null, block.address() + 5, back, RawMemory.BYTE_ARRAY_OFFSET + 1, length);

            assertThat(RawMemory.getByte(null, block.address() + 4)).isEqualTo(UNTOUCHED);
            assertThat(RawMemory.getByte(null, block.address() + 5 + length)).isEqualTo(UNTOUCHED);
            assertThat(back[0]).isEqualTo(UNTOUCHED);
            assertThat(back[length + 1]).isEqualTo(UNTOUCHED);
            assertThat(Arrays.copyOfRange(back, 1, 1 + length)).isEqualTo(expected);
        }
    }

    @Test
    void movedRangesMayOverlapInBothDirections() {
        byte[] content = new byte[100];
        new Random(5).nextBytes(content);

        new Slice(content).copyToAddress(block.address());
        RawMemory.move(block.address(), block.address() + 7, 100);
        assertThat(new Slice().setAddress(block.address() + 7, 100).toBytes()).isEqualTo(content);

        RawMemory.move(block.address() + 7, block.address(), 100);
        assertThat(new Slice().setAddress(block.address(), 100).toBytes()).isEqualTo(content);
    }

    @Test
    void bigEndianNumbersCompareAsTheirBytesDo() {
        Random random = new Random(7);
        byte[] a = new byte[Long.BYTES];
        byte[] b = new byte[Long.BYTES];
        for (int i = 0; i < 1000; i++) {
            random.nextBytes(a);
            random.nextBytes(b);
            System.arraycopy(a, 0, b, 0, random.nextInt(Long.BYTES));
            long x = RawMemory.getLongBigEndian(a, RawMemory.BYTE_ARRAY_OFFSET);
            long y = RawMemory.getLongBigEndian(b, RawMemory.BYTE_ARRAY_OFFSET);

            assertThat(Integer.signum(Long.compareUnsigned(x, y)))
                    .isEqualTo(Integer.signum(Arrays.compareUnsigned(a, b)));
        }
    }

    @Test
    void littleEndianNumbersStandWithTheirLowestByteFirst() {
        RawMemory.putIntLittleEndian(null, block.address(), 0x0403_0201);

        for (int i = 0; i < Integer.BYTES; i++) {
            assertThat(RawMemory.getByte(null, block.address() + i)).isEqualTo((byte) (i + 1));
        }
        assertThat(RawMemory.getIntLittleEndian(null, block.address())).isEqualTo(0x0403_0201);
    }

    @Test
    void bytesDifferIfAnyOfThemDoes() {
        for (int length = 0; length <= 40; length++) {
            byte[] left = new byte[40];
            byte[] right = new byte[40];
            Arrays.fill(left, (byte) -1);
            Arrays.fill(right, (byte) -1);
            long at = RawMemory.BYTE_ARRAY_OFFSET;

            assertThat(RawMemory.difference(left, at, right, at, length)).isZero();
            for (int i = 0; i < right.length; i++) {
                right[i] ^= (byte) 0x80;
                boolean differs = RawMemory.difference(left, at, right, at, length) != 0;
                assertThat(differs).as("length=%s, index=%s", length, i).isEqualTo(i < length);
                right[i] ^= (byte) 0x80;
            }
        }
    }

    @Test
    void rangeOutsideItsArrayIsOurFault() {
        byte[] bytes = new byte[16];
        long at = RawMemory.BYTE_ARRAY_OFFSET;

        assertThatThrownBy(() -> RawMemory.copy(bytes, at + 1, null, block.address(), 16))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("outside its array: offset=1, length=16");
        assertThatThrownBy(() -> RawMemory.copy(null, block.address(), bytes, at - 1, 2))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> RawMemory.compare(bytes, at, 16, bytes, at, 17))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> RawMemory.contentEquals(bytes, at + 16, bytes, at, 1))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> RawMemory.difference(bytes, at, bytes, at + 16, 1))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> RawMemory.fill(bytes, at, 17, (byte) 0))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> RawMemory.fill(null, 0, 1, (byte) 0))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("no address");
        assertThatThrownBy(() -> RawMemory.move(block.address(), block.address(), -1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("length=-1");
    }
}
