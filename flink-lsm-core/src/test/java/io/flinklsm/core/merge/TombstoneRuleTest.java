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
package io.flinklsm.core.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.KeyRange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TombstoneRuleTest {

    @Test
    void nothingIsOlderAtTheBottom() {
        assertThat(TombstoneRule.dropAll().nothingOlder(text("a"))).isTrue();
    }

    @Test
    void anythingMayBeOlderWhenAllIsKept() {
        TombstoneRule rule = TombstoneRule.keepAll();

        assertThat(rule.nothingOlder(text(""))).isFalse();
        assertThat(rule.nothingOlder(text("z"))).isFalse();
    }

    @Test
    void onlyKeysInsideOlderRangesKeepTheirTombstones() {
        TombstoneRule rule = TombstoneRule.of(List.of(range("m", "p"), range("b", "d")));

        assertThat(rule.nothingOlder(text("a"))).isTrue();
        assertThat(rule.nothingOlder(text("b"))).isFalse();
        assertThat(rule.nothingOlder(text("cz"))).isFalse();
        assertThat(rule.nothingOlder(text("d"))).isTrue();
        assertThat(rule.nothingOlder(text("o"))).isFalse();
        assertThat(rule.nothingOlder(text("p"))).isTrue();
    }

    @Test
    void rangeWithoutEndReachesToTheLastKey() {
        TombstoneRule rule =
                TombstoneRule.of(
                        List.of(range("n", "o"), new KeyRange(OwnedSlice.ofText("m"), null)));

        assertThat(rule.nothingOlder(text("l"))).isTrue();
        assertThat(rule.nothingOlder(text("p"))).isFalse();
    }

    @Test
    void overlappingRangesActAsTheirUnion() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<KeyRange> ranges = new ArrayList<>();
            for (int i = random.nextInt(8); i > 0; i--) {
                int start = random.nextInt(40);
                int end = start + random.nextInt(10);
                ranges.add(
                        end > 45
                                ? new KeyRange(key(start), null)
                                : new KeyRange(key(start), key(end)));
            }
            TombstoneRule rule = TombstoneRule.of(ranges);
            for (int i = 0; i < 50; i++) {
                OwnedSlice key = key(i);
                boolean nowhere = ranges.stream().noneMatch(range -> range.contains(key));

                assertThat(rule.nothingOlder(new Slice().setOwned(key)))
                        .as("seed %s, key %s, ranges %s", seed, i, ranges)
                        .isEqualTo(nowhere);
            }
        }
    }

    private static OwnedSlice key(int number) {
        return OwnedSlice.wrap(new byte[] {(byte) number});
    }

    private static KeyRange range(String start, String end) {
        return new KeyRange(OwnedSlice.ofText(start), OwnedSlice.ofText(end));
    }

    private static Slice text(String text) {
        return new Slice(text.getBytes(StandardCharsets.UTF_8));
    }
}
