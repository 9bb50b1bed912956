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
package io.flinklsm.core.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.KeyHash;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A key with its prefix, whose hashes are remembered and must never be those of a key before. */
final class KeyBufferTest {

    private final KeyBuffer key = new KeyBuffer();

    @Test
    void keyIsACopyOfItsBytes() {
        byte[] bytes = bytes("xkeyx");
        key.set(bytes, 1, 3);
        bytes[1] = '?';

        assertThat(key.toOwned()).isEqualTo(OwnedSlice.ofText("key"));
        assertThat(key.prefixLength()).isEqualTo(3);
    }

    @Test
    void partsOutsideTheirArrayAndPrefixesBehindTheKeyAreRefused() {
        byte[] bytes = bytes("key");

        assertThatThrownBy(() -> key.set(bytes, 1, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> key.set(bytes, 0, 3, 4))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> key.set(new Slice(bytes), 4))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> key.set(bytes, 0, 3, -1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        key.set(bytes, 0, 3);
        assertThatThrownBy(() -> key.setSuffix(bytes, 2, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(key.toOwned()).as("as before").isEqualTo(OwnedSlice.ofText("key"));
    }

    @Test
    void twoPartsBesideEachOtherAreTheKeyAndItsPrefix() {
        key.set(bytes("before"), 0, 6);
        assertThat(key.hash()).isEqualTo(key.prefixHash());
        byte[] longHead = bytes("head".repeat(40) + "?");

        key.set(longHead, 160, bytes("tail?"), 4);

        byte[] whole = bytes("head".repeat(40) + "tail");
        assertThat(key.toOwned()).isEqualTo(OwnedSlice.copyOf(whole, 0, whole.length));
        assertThat(key.prefixLength()).isEqualTo(whole.length);
        assertThat(key.hash()).isEqualTo(KeyHash.hash(whole, 0, whole.length));
        assertThat(key.prefixHash()).isEqualTo(key.hash());
        assertThatThrownBy(() -> key.set(longHead, 162, whole, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> key.set(longHead, 1, whole, -1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(key.length()).as("as before").isEqualTo(whole.length);
    }

    @Test
    void suffixTakesThePlaceOfWhatIsBehindThePrefix() {
        key.set(bytes("maptail"), 0, 7, 3);

        key.setSuffix(bytes("-other-"), 1, 5);

        assertThat(key.toOwned()).isEqualTo(OwnedSlice.ofText("mapother"));
        assertThat(key.prefixLength()).isEqualTo(3);
        key.setSuffix(new byte[0], 0, 0);
        assertThat(key.toOwned()).isEqualTo(OwnedSlice.ofText("map"));
    }

    @Test
    void longSuffixKeepsThePrefixWhenTheArrayGrows() {
        key.set(bytes("map"), 0, 3, 3);
        byte[] suffix = new byte[1000];
        new Random(1).nextBytes(suffix);

        key.setSuffix(suffix, 0, suffix.length);

        assertThat(key.length()).isEqualTo(1003);
        assertThat(key.slice().startsWith(new Slice(bytes("map")))).isTrue();
        assertThat(new Slice().setBytes(key.array(), 3, 1000).toBytes()).isEqualTo(suffix);
    }

    @Test
    void hashesAreAlwaysThoseOfTheBytesThatAreThere() {
        Random random = new Random(41);
        for (int round = 0; round < 5000; round++) {
            byte[] bytes = new byte[random.nextInt(100)];
            random.nextBytes(bytes);
            switch (random.nextInt(4)) {
                case 0 -> key.set(bytes, 0, bytes.length, random.nextInt(bytes.length + 1));
                case 1 -> key.set(new Slice(bytes), random.nextInt(bytes.length + 1));
                case 2 -> key.set(OwnedSlice.wrap(bytes));
                default -> key.setSuffix(bytes, 0, bytes.length);
            }
            // Sometimes one of them is asked for first, sometimes none is.
            if (random.nextBoolean()) {
                assertThat(key.prefixHash()).isEqualTo(hash(key.prefixLength()));
            }
            if (random.nextBoolean()) {
                assertThat(key.hash()).isEqualTo(hash(key.length()));
                assertThat(key.prefixHash()).isEqualTo(hash(key.prefixLength()));
            }
        }
    }

    @Test
    void keyThatIsChangedBehindItsHashIsOurFault() {
        key.set(bytes("key"), 0, 3, 2);
        key.hash();
        key.prefixHash();

        key.array()[0] = '?';

        assertThatThrownBy(key::hash)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("changed after its hash was taken");
        assertThatThrownBy(key::prefixHash).isInstanceOf(AssertionError.class);
    }

    private long hash(int length) {
        return KeyHash.hash(key.array(), 0, length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
