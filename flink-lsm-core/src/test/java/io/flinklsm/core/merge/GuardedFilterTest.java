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
import io.flinklsm.core.merge.EntryFilter.Decision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GuardedFilterTest {

    private static final Slice KEY = new Slice(new byte[3]);
    private static final LargeValue LARGE = LargeValue.of(new Slice(new byte[2]));

    private final ValueBuffer replacement = new ValueBuffer();
    private final List<Throwable> failures = new ArrayList<>();
    private final List<Integer> keyLengths = new ArrayList<>();

    @Test
    void whatTheFilterSaysIsDone() {
        for (Decision decision : Decision.values()) {
            assertThat(ask(guarded((key, value, out) -> decision).begin())).isEqualTo(decision);
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void anEntryAboutWhichTheFilterThrowsIsKept() {
        List<Throwable> thrown =
                List.of(
                        new IllegalStateException("user code"),
                        new AssertionError("user code"),
                        new NoClassDefFoundError("user code"),
                        new OutOfMemoryError("Requested array size exceeds VM limit"),
                        new StackOverflowError());

        for (Throwable each : thrown) {
            assertThat(ask(guarded(throwing(each)).begin())).isEqualTo(Decision.KEEP);
        }

        assertThat(failures).isEqualTo(thrown);
        assertThat(keyLengths).containsOnly(3);
    }

    @Test
    void anErrorOfTheMachineIsNotCaught() {
        InternalError broken = new InternalError("broken");

        assertThatThrownBy(() -> ask(guarded(throwing(broken)).begin())).isSameAs(broken);
    }

    /** The one that threw may have kept a part of the entry. */
    @Test
    void afterAFailureTheJobBeginsAnew() {
        AtomicInteger begun = new AtomicInteger();
        EntryFilter failingOnce =
                new EntryFilter() {
                    @Override
                    public EntryFilter begin() {
                        return begun.incrementAndGet() == 1
                                ? throwing(new IllegalStateException())
                                : (key, value, out) -> Decision.DROP;
                    }

                    @Override
                    public Decision filter(Slice key, Slice value, ValueBuffer out) {
                        throw new AssertionError("not begun");
                    }
                };
        EntryFilter ofJob = guarded(failingOnce).begin();

        assertThat(ask(ofJob)).isEqualTo(Decision.KEEP);
        assertThat(ask(ofJob)).isEqualTo(Decision.DROP);
        assertThat(ask(ofJob)).isEqualTo(Decision.DROP);
        assertThat(begun).hasValue(2);
    }

    @Test
    void aFilterThatCannotBeginKeepsEverything() {
        EntryFilter never =
                new EntryFilter() {
                    @Override
                    public EntryFilter begin() {
                        throw new IllegalStateException("cannot be duplicated");
                    }

                    @Override
                    public Decision filter(Slice key, Slice value, ValueBuffer out) {
                        return Decision.DROP;
                    }
                };

        assertThat(ask(guarded(never).begin())).isEqualTo(Decision.KEEP);
        assertThat(failures).hasSize(1);
    }

    @Test
    void aJobStopsAskingAfterManyFailuresAndTheNextAsksAgain() {
        AtomicInteger asked = new AtomicInteger();
        GuardedFilter filter =
                guarded(
                        (key, value, out) -> {
                            asked.incrementAndGet();
                            throw new IllegalStateException();
                        });
        EntryFilter ofJob = filter.begin();
        for (int i = 0; i < GuardedFilter.FAILURES_MAX + 5; i++) {
            assertThat(ask(ofJob)).isEqualTo(Decision.KEEP);
        }
        assertThat(asked).hasValue(GuardedFilter.FAILURES_MAX);

        ask(filter.begin());

        assertThat(asked).hasValue(GuardedFilter.FAILURES_MAX + 1);
    }

    @Test
    void whatTheFilterSaysOfALargeValueIsDone() throws Exception {
        LargeValue other = LargeValue.of(new Slice(new byte[4]));

        assertThat(askOfLarge(ofLarge(value -> other))).isSameAs(other);
        assertThat(askOfLarge(ofLarge(value -> null))).isNull();
        assertThat(failures).isEmpty();
    }

    @Test
    void aLargeValueAboutWhichTheFilterThrowsIsKept() throws Exception {
        IllegalStateException thrown = new IllegalStateException("user code");
        EntryFilter ofJob =
                guarded(
                                ofLarge(
                                        value -> {
                                            throw thrown;
                                        }))
                        .begin();

        for (int i = 0; i < GuardedFilter.FAILURES_MAX + 5; i++) {
            assertThat(ofJob.filterLarge(KEY, LARGE)).isSameAs(LARGE);
        }

        assertThat(failures).hasSize(GuardedFilter.FAILURES_MAX).containsOnly(thrown);
        assertThat(keyLengths).containsOnly(3);
    }

    /** It is a failure of the file, not of the filter. */
    @Test
    void aLargeValueThatCannotBeReadFailsTheJob() {
        IOException damaged = new IOException("damaged");

        assertThatThrownBy(
                        () ->
                                askOfLarge(
                                        ofLarge(
                                                value -> {
                                                    throw damaged;
                                                })))
                .isSameAs(damaged);
        assertThat(failures).isEmpty();
    }

    private interface LargeAnswer {
        @Nullable LargeValue to(LargeValue value) throws IOException;
    }

    private static EntryFilter ofLarge(LargeAnswer answer) {
        return new EntryFilter() {
            @Override
            public Decision filter(Slice key, Slice value, ValueBuffer out) {
                throw new AssertionError("the value is large");
            }

            @Override
            public @Nullable LargeValue filterLarge(Slice key, LargeValue value)
                    throws IOException {
                return answer.to(value);
            }
        };
    }

    private @Nullable LargeValue askOfLarge(EntryFilter filter) throws IOException {
        return guarded(filter).begin().filterLarge(KEY, LARGE);
    }

    private GuardedFilter guarded(EntryFilter filter) {
        return new GuardedFilter(
                filter,
                (keyBytes, cause) -> {
                    keyLengths.add(keyBytes);
                    failures.add(cause);
                });
    }

    private Decision ask(EntryFilter filter) {
        return filter.filter(KEY, new Slice(new byte[1]), replacement);
    }

    private static EntryFilter throwing(Throwable thrown) {
        return (key, value, out) -> {
            if (thrown instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) thrown;
        };
    }
}
