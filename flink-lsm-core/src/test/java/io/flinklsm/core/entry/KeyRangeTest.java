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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Half-open ranges of keys, compared with what membership of single keys says. */
final class KeyRangeTest {

    /** All keys of at most two bytes out of three, in order. */
    private static final List<OwnedSlice> KEYS = keys();

    private static List<OwnedSlice> keys() {
        int[] alphabet = {0x00, 0x7f, 0xff};
        List<OwnedSlice> keys = new ArrayList<>();
        keys.add(OwnedSlice.EMPTY);
        for (int first : alphabet) {
            keys.add(OwnedSlice.wrap(new byte[] {(byte) first}));
            for (int second : alphabet) {
                keys.add(OwnedSlice.wrap(new byte[] {(byte) first, (byte) second}));
            }
        }
        keys.sort(null);
        return keys;
    }

    private static List<KeyRange> ranges() {
        List<KeyRange> ranges = new ArrayList<>();
        for (int from = 0; from < KEYS.size(); from++) {
            ranges.add(new KeyRange(KEYS.get(from), null));
            for (int to = from; to < KEYS.size(); to++) {
                ranges.add(new KeyRange(KEYS.get(from), KEYS.get(to)));
            }
        }
        return ranges;
    }

    @Test
    void startIsInsideAndEndIsNot() {
        KeyRange range = range("b", "d");

        assertThat(range.contains(key("b"))).isTrue();
        assertThat(range.contains(key("czzz"))).isTrue();
        assertThat(range.contains(key("d"))).isFalse();
        assertThat(range.contains(key("a"))).isFalse();
        assertThat(range.isBelowEnd(new Slice().setOwned(key("a")))).isTrue();
        assertThat(range.isBelowEnd(new Slice().setOwned(key("d")))).isFalse();
    }

    @Test
    void rangeThatEndsBeforeItStartsIsRefused() {
        assertThatThrownBy(() -> range("b", "a"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("start=b, end=a");
        assertThat(range("b", "b").isEmpty()).isTrue();
        assertThat(range("b", null).isEmpty()).isFalse();
    }

    @Test
    void successorOfAPrefixIsAboveAllThatBeginWithItAndNothingElse() {
        for (OwnedSlice prefix : KEYS) {
            KeyRange range = KeyRange.ofPrefix(prefix);
            for (OwnedSlice key : KEYS) {
                boolean begins = new Slice().setOwned(key).startsWith(new Slice().setOwned(prefix));
                assertThat(range.contains(key)).as("%s of %s", key, prefix).isEqualTo(begins);
            }
        }
    }

    @Test
    void prefixOfHighestBytesHasNoSuccessor() {
        assertThat(KeyRange.successorOfPrefix(OwnedSlice.wrap(new byte[] {-1, -1}))).isNull();
        assertThat(KeyRange.successorOfPrefix(OwnedSlice.EMPTY)).isNull();
        assertThat(KeyRange.successorOfPrefix(OwnedSlice.wrap(new byte[] {1, -1})))
                .isEqualTo(OwnedSlice.wrap(new byte[] {2}));
    }

    @Test
    void intersectionHasWhatBothHave() {
        List<KeyRange> ranges = ranges();
        for (KeyRange a : ranges) {
            for (KeyRange b : ranges) {
                KeyRange both = a.intersect(b);
                for (OwnedSlice key : KEYS) {
                    if (both.contains(key) != (a.contains(key) && b.contains(key))) {
                        assertThat(both).as("%s and %s, key %s", a, b, key).isNull();
                    }
                }
            }
        }
    }

    @Test
    void intersectionOfRangesThatDoNotMeetIsEmpty() {
        assertThat(range("a", "b").intersect(range("c", "d")).isEmpty()).isTrue();
        assertThat(range("c", "d").intersect(range("a", "b")).isEmpty()).isTrue();
        assertThat(range("a", "b").intersect(range("b", null)).isEmpty()).isTrue();
        assertThat(range("a", null).intersect(KeyRange.ALL)).isEqualTo(range("a", null));
    }

    @Test
    void overlapIsWithAClosedRange() {
        for (KeyRange range : ranges()) {
            if (range.isEmpty()) {
                continue;
            }
            for (int min = 0; min < KEYS.size(); min++) {
                for (int max = min; max < KEYS.size(); max++) {
                    boolean any = KEYS.subList(min, max + 1).stream().anyMatch(range::contains);
                    // Between two keys there may be others that are in both.
                    assertThat(!any || range.overlaps(KEYS.get(min), KEYS.get(max)))
                            .as("%s, %s to %s", range, KEYS.get(min), KEYS.get(max))
                            .isTrue();
                }
            }
        }
        assertThat(range("b", "d").overlaps(key("a"), key("b"))).isTrue();
        assertThat(range("b", "d").overlaps(key("a"), key("az"))).isFalse();
        assertThat(range("b", "d").overlaps(key("d"), key("e"))).isFalse();
        assertThat(range("b", "d").overlaps(key("a"), key("z"))).isTrue();
        assertThat(range("b", null).overlaps(key("z"), key("zz"))).isTrue();
    }

    private static OwnedSlice key(String text) {
        return OwnedSlice.ofText(text);
    }

    private static KeyRange range(String start, @Nullable String end) {
        return new KeyRange(key(start), end == null ? null : key(end));
    }
}
