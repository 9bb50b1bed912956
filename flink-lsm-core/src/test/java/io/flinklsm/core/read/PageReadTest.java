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
package io.flinklsm.core.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.testing.ListCursor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pages of a map: where they end, and what stands in them. */
final class PageReadTest {

    private static final int NO_LIMIT = Integer.MAX_VALUE;

    private final ValueBuffer page = new ValueBuffer();

    @Test
    void entriesStandWithoutTheirPrefix() throws Exception {
        page.append((byte) 1);

        boolean isLast = copy("ma=1 mbb=22 m=3", 1, NO_LIMIT, NO_LIMIT);

        assertThat(isLast).isTrue();
        assertThat(entries()).containsExactly("a=1", "bb=22", "=3");
    }

    @Test
    void pageOfNothingIsEmptyAndLast() throws Exception {
        page.append((byte) 1);

        assertThat(copy("", 0, 1, 1)).isTrue();
        assertThat(page.length()).isZero();
    }

    @Test
    void pageEndsWithItsLastEntry() throws Exception {
        assertThat(copy("ma=1 mb=2 mc=3", 1, 2, NO_LIMIT)).isFalse();
        assertThat(entries()).containsExactly("a=1", "b=2");
    }

    @Test
    void pageThatIsJustFullDoesNotKnowThatItIsTheLast() throws Exception {
        assertThat(copy("ma=1 mb=2", 1, 2, NO_LIMIT)).isFalse();
        assertThat(entries()).hasSize(2);
    }

    @Test
    void pageHasAnEntryHoweverFewBytesItMayHave() throws Exception {
        assertThat(copy("ma=123456789 mb=2", 1, NO_LIMIT, 1)).isFalse();
        assertThat(entries()).containsExactly("a=123456789");
    }

    @Test
    void pageEndsWhereItHasItsBytes() throws Exception {
        // Each entry takes ten bytes.
        assertThat(copy("ma=1 mb=2 mc=3", 1, NO_LIMIT, 11)).isFalse();
        assertThat(entries()).containsExactly("a=1", "b=2");

        assertThat(copy("ma=1 mb=2 mc=3", 1, NO_LIMIT, 10)).isFalse();
        assertThat(entries()).containsExactly("a=1");
    }

    @Test
    void largeValueHasAPageOfItsOwn() throws Exception {
        EntryCursor first = withLarge("a", "b");
        assertThat(PageRead.copyEntries(first, 0, NO_LIMIT, NO_LIMIT, page)).isFalse();
        assertThat(entries()).containsExactly("a=small");

        EntryCursor alone = withLarge("b");
        assertThat(PageRead.copyEntries(alone, 0, NO_LIMIT, NO_LIMIT, page)).isTrue();
        assertThat(entries()).containsExactly("b=large");
    }

    @Test
    void pageWithoutRoomIsRefused() throws Exception {
        KeyBuffer prefix = new KeyBuffer().set(new byte[1], 0, 1);
        try (EntryCursor cursor = ListCursor.of("ma=1")) {
            assertThatThrownBy(() -> PageRead.copyEntries(cursor, 1, 0, 1, page))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("entriesMax=0");
            assertThatThrownBy(() -> PageRead.copyEntries(cursor, 1, 1, 0, page))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("bytesMax=0");
        }
        assertThat(PageRead.answered(prefix, page, true).isAnswered()).isTrue();
    }

    @Test
    void entryWithoutThePrefixIsOurFault() throws Exception {
        try (EntryCursor cursor = ListCursor.of("m=1")) {
            assertThatThrownBy(() -> PageRead.copyEntries(cursor, 2, 1, 1, page))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("keyBytes=1, prefixBytes=2");
        }
    }

    @Test
    void pageThatMemoryHasGivenHasNothingLeftToDo() throws Exception {
        KeyBuffer prefix = new KeyBuffer().set(new byte[] {'m'}, 0, 1);
        copy("ma=1", 1, NO_LIMIT, NO_LIMIT);
        PageRead answered = PageRead.answered(prefix, page, false);

        answered.read();
        answered.release();
        answered.release();

        assertThat(answered.isAnswered()).isTrue();
        assertThat(answered.isLast()).isFalse();
        assertThat(answered.isFromFiles()).isFalse();
        assertThat(answered.isOf(null)).isFalse();
        assertThat(answered.cutBehind()).isNull();
        assertThat(answered.after()).isNull();
        assertThat(answered.prefix(new KeyBuffer()).toOwned()).isEqualTo(prefix.toOwned());
        assertThat(entries()).containsExactly("a=1");
    }

    private boolean copy(String picture, int prefixLength, int entriesMax, int bytesMax)
            throws IOException {
        try (EntryCursor cursor = ListCursor.of(picture)) {
            return PageRead.copyEntries(cursor, prefixLength, entriesMax, bytesMax, page);
        }
    }

    private List<String> entries() {
        List<String> entries = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(page.toBytes());
        while (bytes.hasRemaining()) {
            byte[] key = new byte[bytes.getInt()];
            byte[] value = new byte[bytes.getInt()];
            bytes.get(key).get(value);
            entries.add(
                    new String(key, StandardCharsets.US_ASCII)
                            + "="
                            + new String(value, StandardCharsets.US_ASCII));
        }
        return entries;
    }

    /** Entries, the last of which is large. */
    private static EntryCursor withLarge(String... keys) {
        return new EntryCursor() {
            private int at = -1;

            @Override
            public boolean next() {
                return ++at < keys.length;
            }

            @Override
            public Slice key() {
                return new Slice(keys[at].getBytes(StandardCharsets.US_ASCII));
            }

            @Override
            public EntryKind kind() {
                return EntryKind.PUT;
            }

            @Override
            public Slice value() {
                assertThat(at).as("a large value is not asked for").isLessThan(keys.length - 1);
                return new Slice("small".getBytes(StandardCharsets.US_ASCII));
            }

            @Override
            public LargeValue largeValue() {
                return at == keys.length - 1
                        ? LargeValue.of(new Slice("large".getBytes(StandardCharsets.US_ASCII)))
                        : null;
            }

            @Override
            public void close() {}
        };
    }
}
