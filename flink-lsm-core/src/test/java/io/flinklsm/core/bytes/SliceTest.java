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
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A view of bytes means the same wherever they stand: in an array, or in native memory. */
final class SliceTest {

    private static final int ROOM_BYTES = 4 << 10;

    private final MemoryBudget budget = MemoryBudget.root("slices", 2 * ROOM_BYTES);
    private final MemoryBlock left = budget.tryAllocate(ROOM_BYTES);
    private final MemoryBlock right = budget.tryAllocate(ROOM_BYTES);

    @AfterEach
    void release() {
        left.release();
        right.release();
        budget.close();
    }

    @Test
    void newSliceIsEmpty() {
        Slice slice = new Slice();

        assertThat(slice.isEmpty()).isTrue();
        assertThat(slice.toBytes()).isEmpty();
        assertThat(slice).isEqualTo(new Slice(new byte[0]));
    }

    @Test
    void partOfAnArrayIsViewedAndNotCopied() {
        byte[] bytes = bytes("abcdef");
        Slice slice = new Slice().setBytes(bytes, 2, 3);

        bytes[3] = 'X';

        assertThat(slice.toString()).isEqualTo("cXe");
        assertThat(slice.byteAt(1)).isEqualTo((byte) 'X');
    }

    @Test
    void copyDoesNotChangeWithItsSource() {
        byte[] bytes = bytes("abc");
        Slice slice = new Slice(bytes);
        OwnedSlice owned = slice.toOwned();
        byte[] copied = slice.toBytes();

        bytes[0] = 'X';

        assertThat(owned).isEqualTo(OwnedSlice.ofText("abc"));
        assertThat(copied).isEqualTo(bytes("abc"));
    }

    @Test
    void viewOutsideTheArrayIsRefused() {
        byte[] bytes = new byte[4];
        Slice slice = new Slice();

        assertThatThrownBy(() -> slice.setBytes(bytes, 1, 4))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> slice.setBytes(bytes, -1, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> slice.setBytes(bytes, 0, -1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> slice.setRaw(bytes, RawMemory.BYTE_ARRAY_OFFSET + 1, 4))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("outside its array");
        assertThatThrownBy(() -> slice.setRaw(bytes, RawMemory.BYTE_ARRAY_OFFSET - 1, 2))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> slice.setAddress(0, 1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("no address");
        assertThatThrownBy(() -> slice.setAddress(left.address(), -1))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void viewAtTheVeryEndIsEmptyAndAllowed() {
        assertThat(new Slice().setBytes(new byte[4], 4, 0).isEmpty()).isTrue();
        assertThat(new Slice().setAddress(0, 0).isEmpty()).isTrue();
    }

    @Test
    void byteOutsideTheViewIsRefusedThoughTheArrayHasIt() {
        Slice slice = new Slice().setBytes(bytes("abcdef"), 1, 2);

        assertThat(slice.byteAt(1)).isEqualTo((byte) 'c');
        assertThatThrownBy(() -> slice.byteAt(2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> slice.byteAt(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void copyThatDoesNotFitIsRefused() {
        Slice slice = new Slice(bytes("abc"));
        byte[] target = new byte[4];

        slice.copyTo(target, 1);
        assertThat(target).isEqualTo(new byte[] {0, 'a', 'b', 'c'});
        assertThatThrownBy(() -> slice.copyTo(target, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void clearedSliceHoldsNothingOfBefore() {
        Slice slice = new Slice(bytes("abc")).clear();

        assertThat(slice.length()).isZero();
        assertThat(slice.startsWith(new Slice())).isTrue();
        assertThat(slice.startsWith(new Slice(bytes("a")))).isFalse();
    }

    @Test
    void sliceOfASliceSeesWhatThatSees() {
        Slice source = new Slice().setBytes(bytes("abcdef"), 1, 3);
        Slice view = new Slice().setSlice(source);

        source.clear();

        assertThat(view.toString()).isEqualTo("bcd");
    }

    @Test
    void orderIsThatOfUnsignedBytesAndAPrefixIsSmaller() {
        assertThat(new Slice(new byte[] {(byte) 0x80})).isGreaterThan(new Slice(new byte[] {0x7f}));
        assertThat(new Slice(bytes("ab"))).isLessThan(new Slice(bytes("abc")));
        assertThat(new Slice(bytes("b"))).isGreaterThan(new Slice(bytes("abc")));
        assertThat(new Slice(bytes("ab")).compareTo(OwnedSlice.ofText("ab"))).isZero();
        assertThat(new Slice(bytes("ab")).compareTo(OwnedSlice.ofText("ac"))).isNegative();
        assertThat(new Slice(bytes("ab")).compareTo(OwnedSlice.EMPTY)).isPositive();
    }

    @Test
    void textIsPrintedIfItIsPlainAndHexIfNot() {
        assertThat(new Slice(bytes("key 1~")).toString()).isEqualTo("key 1~");
        assertThat(new Slice(new byte[] {0x1f}).toString()).isEqualTo("0x1f");
        assertThat(new Slice(new byte[] {'a', (byte) 0xff}).toString()).isEqualTo("0x61ff");
        assertThat(new Slice(new byte[] {0x7f}).toString()).isEqualTo("0x7f");
    }

    /** Lengths around words of eight bytes, a difference at each place, on heap and outside. */
    @Test
    void everyAnswerIsThatOfArraysForAllLengthsAndPlaces() {
        Random random = new Random(17);
        for (int length = 0; length <= 70; length++) {
            byte[] a = new byte[length];
            random.nextBytes(a);
            check(a, a.clone());
            check(a, Arrays.copyOf(a, length + 1));
            for (int at = 0; at < length; at++) {
                byte[] b = a.clone();
                b[at] ^= (byte) (1 << random.nextInt(8));
                check(a, b);
            }
        }
    }

    private void check(byte[] a, byte[] b) {
        int order = Integer.signum(Arrays.compareUnsigned(a, b));
        boolean isPrefix = b.length >= a.length && Arrays.equals(a, 0, a.length, b, 0, a.length);
        // At odd places, since a word may be read across them.
        for (int shift = 0; shift < 3; shift++) {
            Slice[] lefts = {onHeap(a, shift), outside(a, left, shift)};
            Slice[] rights = {onHeap(b, 2 * shift), outside(b, right, 2 * shift)};
            for (Slice x : lefts) {
                for (Slice y : rights) {
                    assertThat(Integer.signum(x.compareTo(y))).isEqualTo(order);
                    assertThat(Integer.signum(y.compareTo(x))).isEqualTo(-order);
                    assertThat(x.contentEquals(y)).isEqualTo(Arrays.equals(a, b));
                    assertThat(x.equals(y)).isEqualTo(Arrays.equals(a, b));
                    assertThat(y.startsWith(x)).isEqualTo(isPrefix);
                    assertThat(Integer.signum(x.compareTo(OwnedSlice.wrap(b)))).isEqualTo(order);
                    assertThat(x.toBytes()).isEqualTo(a);
                    assertThat(x.hash64()).isEqualTo(KeyHash.hash(a, 0, a.length));
                    if (Arrays.equals(a, b)) {
                        assertThat(x.hashCode()).isEqualTo(y.hashCode());
                    }
                }
            }
        }
    }

    private static Slice onHeap(byte[] bytes, int shift) {
        byte[] room = new byte[bytes.length + shift];
        System.arraycopy(bytes, 0, room, shift, bytes.length);
        return new Slice().setBytes(room, shift, bytes.length);
    }

    private static Slice outside(byte[] bytes, MemoryBlock block, int shift) {
        new Slice(bytes).copyToAddress(block.address() + shift);
        return new Slice().setAddress(block.address() + shift, bytes.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
