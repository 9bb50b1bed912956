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

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CandidatesTest {

    private final List<String> events = new ArrayList<>();
    private int added;
    private final Lookup lookup = new Lookup();
    private final ValueBuffer out = new ValueBuffer();
    private final KeyBuffer key = new KeyBuffer().set(OwnedSlice.ofText("key"));

    @Test
    void newestIsAskedFirstAndNoneBehindTheAnswer() throws IOException {
        lookup.start(null, out);
        add("nothing", null, null);
        add("put", EntryKind.PUT, null);
        add("older", EntryKind.PUT, null);

        assertThat(lookup.candidates().ask(key, lookup)).isTrue();
        assertThat(lookup.finish()).isTrue();
        assertThat(new String(out.toBytes(), UTF_8)).isEqualTo("put");
        assertThat(events)
                .containsExactly(
                        "ask nothing 0",
                        "ask put 1",
                        "release older",
                        "release put",
                        "release nothing");
    }

    @Test
    void noneIsLeftForTheNextLookup() throws IOException {
        for (int i = 0; i < 20; i++) {
            add("n" + i, null, null);
        }
        lookup.start(null, out);

        assertThat(lookup.candidates().ask(key, lookup)).isFalse();
        assertThat(events).hasSize(40).contains("ask n19 19", "release n0");
        events.clear();
        assertThat(lookup.candidates().ask(key, lookup)).isFalse();
        lookup.candidates().release();
        assertThat(events).isEmpty();
    }

    @Test
    void allAreReleasedIfOneFails() {
        lookup.start(null, out);
        add("nothing", null, null);
        add("broken", null, new IOException("broken"));
        add("older", EntryKind.PUT, null);

        assertThatThrownBy(() -> lookup.candidates().ask(key, lookup)).hasMessage("broken");
        assertThat(events)
                .containsExactly(
                        "ask nothing 0",
                        "ask broken 1",
                        "release older",
                        "release broken",
                        "release nothing");
    }

    @Test
    void allAreReleasedIfReleasingOneFails() {
        add("first", null, null);
        lookup.candidates()
                .add(
                        new Candidates.Source() {
                            @Override
                            public boolean get(int part, KeyBuffer wanted, Lookup asking) {
                                return false;
                            }

                            @Override
                            public void release() {
                                throw new IllegalStateException("cannot be closed");
                            }
                        },
                        0,
                        Candidates.NO_PLACE);
        add("last", null, null);

        assertThatThrownBy(() -> lookup.candidates().release()).hasMessage("cannot be closed");
        assertThat(events).containsExactly("release last", "release first");
    }

    @Test
    void placesOfFiltersAreOnlyRead() throws IOException {
        try (MemoryBudget budget = MemoryBudget.root("test", 1 << 10)) {
            MemoryBlock block = Objects.requireNonNull(budget.tryAllocate(64));
            lookup.start(null, out);
            lookup.candidates().add(new Fake("a", null, null), 0, block.address() + 63);
            lookup.candidates().add(new Fake("b", null, null), 0, Candidates.NO_PLACE);

            assertThat(lookup.candidates().ask(key, lookup)).isFalse();
            assertThat(events).hasSize(4);
            block.release();
        }
    }

    private void add(String name, @Nullable EntryKind kind, @Nullable IOException failure) {
        lookup.candidates().add(new Fake(name, kind, failure), added++, Candidates.NO_PLACE);
    }

    /** Tells what is done with it; has an entry whose value is its name, or nothing, or fails. */
    private final class Fake implements Candidates.Source {

        private final String name;
        private final @Nullable EntryKind kind;
        private final @Nullable IOException failure;

        Fake(String name, @Nullable EntryKind kind, @Nullable IOException failure) {
            this.name = name;
            this.kind = kind;
            this.failure = failure;
        }

        @Override
        public boolean get(int part, KeyBuffer wanted, Lookup asking) throws IOException {
            events.add("ask " + name + " " + part);
            if (failure != null) {
                throw failure;
            }
            byte[] value = name.getBytes(UTF_8);
            return kind != null && asking.offer(kind, new Slice().setBytes(value, 0, value.length));
        }

        @Override
        public void release() {
            events.add("release " + name);
        }
    }
}
