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
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ValueBufferTest {

    private final ValueBuffer buffer = new ValueBuffer(0);

    @Test
    void numbersStandBigEndian() {
        buffer.appendShort(0x0102).appendInt(0x0304_0506).appendLong(0x0708_090a_0b0c_0d0eL);
        buffer.append((byte) 0x0f);

        ByteBuffer expected =
                ByteBuffer.allocate(15)
                        .putShort((short) 0x0102)
                        .putInt(0x0304_0506)
                        .putLong(0x0708_090a_0b0c_0d0eL)
                        .put((byte) 0x0f);
        assertThat(buffer.toBytes()).isEqualTo(expected.array());
        assertThat(buffer.getInt(2)).isEqualTo(0x0304_0506);
    }

    @Test
    void lengthsStandInFrontOfWhatTheyAreOf() {
        try (MemoryBudget budget = MemoryBudget.root("value", 64)) {
            MemoryBlock block = budget.tryAllocate(64);
            new Slice(bytes("key,value")).copyToAddress(block.address());
            for (int first = 0; first <= 4; first++) {
                buffer.clear().append((byte) '>').appendPair(first, 3, block.address());

                ByteBuffer expected = ByteBuffer.allocate(1 + 8 + first + 3);
                expected.put((byte) '>').putInt(first).putInt(3);
                expected.put(bytes("key,value"), 0, first + 3);
                assertThat(buffer.toBytes()).isEqualTo(expected.array());
            }
            block.release();
        }
    }

    @Test
    void numberIsOverwrittenInPlace() {
        buffer.appendInt(1).appendInt(2).appendInt(3);

        buffer.setInt(4, 7);

        assertThat(buffer.getInt(0)).isEqualTo(1);
        assertThat(buffer.getInt(4)).isEqualTo(7);
        assertThat(buffer.getInt(8)).isEqualTo(3);
    }

    @Test
    void whatIsBehindTheContentIsNotReadThoughTheArrayHasIt() {
        buffer.reserve(100).appendInt(1);

        assertThatThrownBy(() -> buffer.getInt(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> buffer.setInt(4, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> buffer.getInt(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void zerosAreZerosWhateverStoodThereBefore() {
        buffer.append(new byte[] {1, 2, 3, 4}, 0, 4).clear();

        assertThat(buffer.append((byte) 9).appendZeros(3)).isEqualTo(1);

        assertThat(buffer.toBytes()).isEqualTo(new byte[] {9, 0, 0, 0});
    }

    @Test
    void bufferMayBeAppendedToItself() {
        buffer.append(bytes("ab"), 0, 2);

        for (int i = 0; i < 6; i++) {
            buffer.append(buffer);
        }

        assertThat(new String(buffer.toBytes(), StandardCharsets.US_ASCII))
                .isEqualTo("ab".repeat(64));
    }

    @Test
    void contentSurvivesEveryGrowth() {
        Random random = new Random(11);
        ByteBuffer expected = ByteBuffer.allocate(100_000);
        while (expected.remaining() >= 300) {
            byte[] part = new byte[random.nextInt(300)];
            random.nextBytes(part);
            expected.put(part);
            switch (random.nextInt(3)) {
                case 0 -> buffer.append(part, 0, part.length);
                case 1 -> buffer.append(new Slice(part));
                default -> buffer.reserve(part.length).append(part, 0, part.length);
            }
        }

        assertThat(buffer.length()).isEqualTo(expected.position());
        assertThat(ByteBuffer.wrap(buffer.toBytes())).isEqualTo(expected.flip());
    }

    @Test
    void partsAreBytesOfTheirArrayOnly() {
        byte[] source = bytes("abcd");

        assertThatThrownBy(() -> buffer.append(source, 2, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> buffer.append(source, -1, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(buffer.length()).isZero();
    }

    @Test
    void nativeMemoryIsCopied() {
        try (MemoryBudget budget = MemoryBudget.root("value", 64)) {
            MemoryBlock block = budget.tryAllocate(64);
            new Slice(bytes("hello")).copyToAddress(block.address());
            buffer.append((byte) '>').appendAddress(block.address(), 5);
            RawMemory.fill(null, block.address(), 64, (byte) 0);

            assertThat(buffer.toBytes()).isEqualTo(bytes(">hello"));

            new Slice(bytes("bye")).copyToAddress(block.address());
            buffer.setAddress(block.address(), 3);
            block.release();
        }
        assertThat(buffer.toBytes()).isEqualTo(bytes("bye"));
    }

    @Test
    void streamGivesExactlyWhatWasAskedFor() throws Exception {
        buffer.append((byte) '>').append(new ByteArrayInputStream(bytes("abc")), 3);

        assertThat(buffer.toBytes()).isEqualTo(bytes(">abc"));
    }

    @Test
    void streamOfAnotherLengthLeavesTheBufferAsItWas() {
        buffer.append((byte) '>');

        assertThatThrownBy(() -> buffer.append(new ByteArrayInputStream(bytes("ab")), 3))
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("read=2 of 3");
        assertThatThrownBy(() -> buffer.append(new ByteArrayInputStream(bytes("abcd")), 3))
                .isInstanceOf(EOFException.class);
        assertThat(buffer.toBytes()).isEqualTo(bytes(">"));
    }

    @Test
    void reserveMakesExactlySoMuchRoomAndKeepsTheContent() {
        buffer.append(bytes("abc"), 0, 3);

        buffer.reserve(1000);

        assertThat(buffer.array()).hasSize(1003);
        assertThat(buffer.toBytes()).isEqualTo(bytes("abc"));
        byte[] array = buffer.array();
        buffer.append(new byte[1000], 0, 1000);
        assertThat(buffer.array()).isSameAs(array);
    }

    @Test
    void roomForMoreThanAnArrayCanHoldIsRefused() {
        buffer.append((byte) 1);

        assertThatThrownBy(() -> buffer.reserve(Integer.MAX_VALUE))
                .isInstanceOf(ArithmeticException.class);
    }

    @Test
    void largeArrayIsGivenUpAndASmallOneKept() {
        ValueBuffer large = new ValueBuffer(1000);
        large.append((byte) 1).clearAbove(100);
        assertThat(large.array().length).isLessThanOrEqualTo(100);
        assertThat(large.length()).isZero();

        byte[] small = large.append((byte) 1).array();
        assertThat(large.clearAbove(100).array()).isSameAs(small);

        assertThat(new ValueBuffer(1).clearAbove(0).append((byte) 7).toBytes())
                .isEqualTo(new byte[] {7});
    }

    @Test
    void takenBytesAreTheCallersAlone() {
        ValueBuffer full = new ValueBuffer(3).append(bytes("abc"), 0, 3);
        byte[] taken = full.takeBytes();
        assertThat(taken).isEqualTo(bytes("abc"));
        assertThat(full.length()).isZero();
        full.append(bytes("xyz"), 0, 3);
        assertThat(taken).isEqualTo(bytes("abc"));

        ValueBuffer half = new ValueBuffer(6).append(bytes("abc"), 0, 3);
        taken = half.takeBytes();
        half.append(bytes("xyz"), 0, 3);
        assertThat(taken).isEqualTo(bytes("abc"));
    }

    @Test
    void viewIsOfTheContentAndSetReplacesIt() {
        buffer.append(bytes("old"), 0, 3);

        buffer.set(new Slice(bytes("newer")));

        assertThat(buffer.view(new Slice()).toString()).isEqualTo("newer");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
