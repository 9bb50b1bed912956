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
package io.flinklsm.core.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.TierMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class FlushPaceTest {

    private final MemoryBudget memtables = MemoryBudget.root("memtables", 1600);
    private final TierMemory memory = new TierMemory(memtables, 1600);
    private final FlushPace pace = new FlushPace(memory);

    @AfterEach
    void close() {
        memtables.close();
    }

    @Test
    void nobodyIsAheadWhileNothingIsFlushed() {
        use(1600);

        assertThat(pace.isWriterAhead()).isFalse();
    }

    @Test
    void partOfTheRoomIsFreeAtOnce() {
        use(800);
        FlushPace.Flush flush = pace.begin(1000);

        use(600);
        assertThat(pace.isWriterAhead()).isFalse();
        use(1);
        assertThat(pace.isWriterAhead()).isTrue();

        flush.close();
        assertThat(pace.isWriterAhead()).isFalse();
    }

    @Test
    void roomIsHandedOutAsEntriesAreWritten() {
        use(800);
        try (FlushPace.Flush flush = pace.begin(1000)) {
            flush.written(200);
            flush.written(500);
            use(675);
            assertThat(pace.isWriterAhead()).isFalse();
            use(1);
            assertThat(pace.isWriterAhead()).isTrue();

            flush.written(1000);
            assertThat(pace.isWriterAhead()).isFalse();
            use(74);
            assertThat(pace.isWriterAhead()).isFalse();
            use(1);
            assertThat(pace.isWriterAhead()).isTrue();
        }
    }

    @Test
    void onlyTheFirstOfTwoFlushesSetsThePace() {
        FlushPace.Flush first = pace.begin(1000);
        FlushPace.Flush second = pace.begin(1000);
        use(1201);

        second.written(1000);
        assertThat(pace.isWriterAhead()).isTrue();

        second.close();
        assertThat(pace.isWriterAhead()).isTrue();

        first.close();
        assertThat(pace.isWriterAhead()).isFalse();
    }

    @Test
    void flushThatBeginsWithoutRoomAsksForNothing() {
        use(1600);
        try (FlushPace.Flush flush = pace.begin(0)) {
            assertThat(pace.isWriterAhead()).isFalse();
            flush.written(1);
            assertThat(pace.isWriterAhead()).isFalse();
        }
    }

    @Test
    void eachFlushThatIsOpenIsAFlush() {
        assertThat(pace.isFlushing()).isFalse();
        FlushPace.Flush first = pace.begin(1);
        FlushPace.Flush second = pace.begin(1);

        first.close();
        first.close();
        assertThat(pace.isFlushing()).isTrue();

        second.close();
        assertThat(pace.isFlushing()).isFalse();
    }

    private void use(long bytes) {
        memory.addDirty(bytes);
    }
}
