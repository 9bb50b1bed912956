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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LookupTest {

    private static final MergeOperator COMMA = new AppendOperator(',');

    private final Lookup lookup = new Lookup();
    private final ValueBuffer out = new ValueBuffer();
    private int held;

    @Test
    void newestPutEndsTheSearch() {
        lookup.start(COMMA, out);

        assertThat(lookup.offer(EntryKind.PUT, text("1"))).isTrue();
        assertThat(lookup.isDone()).isTrue();
        assertThat(finish()).isEqualTo("1");
    }

    @Test
    void tombstoneEndsTheSearchWithoutValue() {
        out.append((byte) 7);
        lookup.start(COMMA, out);

        assertThat(lookup.offer(EntryKind.DELETE, text(""))).isTrue();
        assertThat(lookup.finish()).isFalse();
        assertThat(out.length()).isZero();
    }

    @Test
    void keyThatNobodyHasHasNoValue() {
        lookup.start(COMMA, out);

        assertThat(lookup.finish()).isFalse();
    }

    @Test
    void operandsFoldOldestFirstOntoThePut() {
        lookup.start(COMMA, out);

        assertThat(lookup.offer(EntryKind.MERGE, text("3"))).isFalse();
        assertThat(lookup.offer(EntryKind.MERGE, text("2"))).isFalse();
        assertThat(lookup.offer(EntryKind.PUT, text("1"))).isTrue();
        assertThat(finish()).isEqualTo("1,2,3");
    }

    @Test
    void operandsAboveATombstoneAreTheValue() {
        lookup.start(COMMA, out);
        lookup.offer(EntryKind.MERGE, text("3"));
        lookup.offer(EntryKind.MERGE, text("2"));

        assertThat(lookup.offer(EntryKind.DELETE, text(""))).isTrue();
        assertThat(finish()).isEqualTo("2,3");
    }

    @Test
    void operandsAboveNothingAreTheValue() {
        lookup.start(COMMA, out);
        for (int i = 20; i > 0; i--) {
            lookup.offer(EntryKind.MERGE, text("" + i));
        }

        assertThat(finish()).isEqualTo("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20");
    }

    @Test
    void operatorThatDoesNotAppendFoldsInTheSameOrder() {
        MergeOperator bracket = new BracketOperator();
        lookup.start(bracket, out);
        lookup.offer(EntryKind.MERGE, text("4"));
        lookup.offer(EntryKind.MERGE, text("3"));
        lookup.offer(EntryKind.MERGE, text("2"));
        lookup.offer(EntryKind.PUT, text("1"));

        assertThat(finish()).isEqualTo("(((1 2) 3) 4)");
    }

    @Test
    void lookupIsReusedWithoutMemoryOfTheLastOne() {
        lookup.start(COMMA, out);
        lookup.offer(EntryKind.MERGE, text("old"));
        lookup.start(COMMA, out);
        lookup.offer(EntryKind.MERGE, text("new"));

        assertThat(finish()).isEqualTo("new");
    }

    @Test
    void oneOperandNeedsNoOperator() {
        lookup.start(null, out);
        lookup.offer(EntryKind.MERGE, text("1"));

        assertThat(finish()).isEqualTo("1");
    }

    @Test
    void twoOperandsWithoutOperatorAreTheCallersError() {
        lookup.start(null, out);
        lookup.offer(EntryKind.MERGE, text("2"));
        lookup.offer(EntryKind.MERGE, text("1"));

        assertThatThrownBy(lookup::finish)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no merge operator")
                .hasMessageContaining("TreeOptions.operator");
    }

    /** Whichever entries are large, the value is the same, and each is let go of once. */
    @Test
    void largeValuesFoldLikeOthersAndAreReleased() {
        for (MergeOperator operator : List.of(COMMA, new BracketOperator())) {
            for (int large = 0; large < 16; large++) {
                lookup.start(operator, out);
                for (int i = 4; i > 0; i--) {
                    offer(
                            i == 1 ? EntryKind.PUT : EntryKind.MERGE,
                            "" + i,
                            (large >> i - 1 & 1) != 0);
                }

                assertThat(lookup.isFound()).isTrue();
                assertThat(finish())
                        .as("large %d", large)
                        .isEqualTo(operator == COMMA ? "1,2,3,4" : "(((1 2) 3) 4)");
                lookup.end();
                lookup.end();
                assertThat(held).as("large %d", large).isZero();
            }
        }
    }

    @Test
    void resultIsReadWithoutBeingMade() throws IOException {
        lookup.start(COMMA, out);
        offer(EntryKind.MERGE, "3", false);
        offer(EntryKind.MERGE, "2", true);
        offer(EntryKind.PUT, "1", false);

        LargeValue result = lookup.result();
        assertThat(result.length()).isEqualTo(5);
        assertThat(new String(result.toBytes(), StandardCharsets.UTF_8)).isEqualTo("1,2,3");
        assertThat(new String(result.toBytes(), StandardCharsets.UTF_8)).isEqualTo("1,2,3");
        lookup.start(COMMA, out);
        assertThat(held).isZero();
    }

    private void offer(EntryKind kind, String value, boolean isLarge) {
        if (isLarge) {
            held++;
            lookup.offerLarge(kind, LargeValue.of(text(value)), () -> held--);
        } else {
            lookup.offer(kind, text(value));
        }
    }

    private @Nullable String finish() {
        return lookup.finish() ? new String(out.toBytes(), StandardCharsets.UTF_8) : null;
    }

    private static Slice text(String text) {
        return new Slice(text.getBytes(StandardCharsets.UTF_8));
    }
}
