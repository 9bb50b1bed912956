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

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class OwnedSliceTest {

    @Test
    void equalBytesAreEqualWhereverTheyCameFrom() {
        OwnedSlice copied = OwnedSlice.copyOf(new byte[] {9, 1, 2, 9}, 1, 2);
        OwnedSlice wrapped = OwnedSlice.wrap(new byte[] {1, 2});

        assertThat(copied).isEqualTo(wrapped).hasSameHashCodeAs(wrapped);
        assertThat(new HashSet<>(Set.of(copied))).contains(wrapped);
        assertThat(copied).isNotEqualTo(OwnedSlice.wrap(new byte[] {1, 3}));
    }

    @Test
    void copiesDoNotShareTheirBytes() {
        byte[] source = {1, 2, 3};
        OwnedSlice owned = OwnedSlice.copyOf(source, 0, 3);
        source[0] = 9;
        owned.toBytes()[1] = 9;

        assertThat(owned.toBytes()).isEqualTo(new byte[] {1, 2, 3});
    }

    @Test
    void copyBeyondTheArrayIsRefusedAndNotPadded() {
        assertThatThrownBy(() -> OwnedSlice.copyOf(new byte[3], 1, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> OwnedSlice.copyOf(new byte[3], 4, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(OwnedSlice.copyOf(new byte[3], 3, 0)).isSameAs(OwnedSlice.EMPTY);
    }

    @Test
    void orderIsThatOfUnsignedBytes() {
        TreeSet<OwnedSlice> sorted = new TreeSet<>();
        sorted.add(OwnedSlice.wrap(new byte[] {(byte) 0xff}));
        sorted.add(OwnedSlice.wrap(new byte[] {0x7f, 0}));
        sorted.add(OwnedSlice.EMPTY);
        sorted.add(OwnedSlice.wrap(new byte[] {0x7f}));

        assertThat(sorted)
                .containsExactly(
                        OwnedSlice.EMPTY,
                        OwnedSlice.wrap(new byte[] {0x7f}),
                        OwnedSlice.wrap(new byte[] {0x7f, 0}),
                        OwnedSlice.wrap(new byte[] {(byte) 0xff}));
    }
}
