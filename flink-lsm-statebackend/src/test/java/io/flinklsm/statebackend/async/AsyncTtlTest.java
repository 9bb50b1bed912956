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
package io.flinklsm.statebackend.async;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.statebackend.KeyedBackendFixture;
import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.AsyncTask;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State of V2 with TTL; where entries are counted, Flink's wrapper hides nothing. */
final class AsyncTtlTest {

    private static final int GROUPS = 8;
    private static final long TTL_MILLIS = HistoryStates.TTL.toMillis();

    @TempDir private Path root;
    private final AtomicLong clock = new AtomicLong(1_000_000);
    private BackendHarness harness;
    private AsyncKeyedStateBackend<Integer> backend;
    private AsyncTask<Integer> task;
    private HistoryStates.Async states;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, GROUPS, clock::get);
        backend =
                harness.restoreAsync(
                        new LsmStateBackend(),
                        IntSerializer.INSTANCE,
                        harness.allKeyGroups(),
                        List.of());
        task = new AsyncTask<>(backend, GROUPS, 100);
        states = new HistoryStates.Async(backend, true);
    }

    @AfterEach
    void close() throws Exception {
        task.close();
        harness.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"value", "list", "map", "reducing", "aggregating"})
    void expiredEntriesLeaveInACompaction(String kind) throws Exception {
        write(1);
        clock.addAndGet(TTL_MILLIS / 2);
        write(2);
        write(3);
        LsmTree tree = KeyedBackendFixture.treeOf(backend, kind + "-ttl");
        tree.compactAll();
        assertThat(entries(tree)).isEqualTo(3);

        clock.addAndGet(TTL_MILLIS / 2);
        tree.compactAll();
        assertThat(entries(tree)).isEqualTo(2);

        clock.addAndGet(TTL_MILLIS / 2);
        tree.compactAll();
        assertThat(entries(tree)).isZero();
    }

    /** So it is in Flink's own class, whatever the backend; documents say so. */
    @Test
    void flinkReplacesWhatItShouldReduceWithTtl() throws Exception {
        List<Long> sums = new ArrayList<>();
        for (long number : new long[] {1, 2}) {
            task.process(
                    1,
                    () -> {
                        states.select(1);
                        states.reducing.asyncAdd(number);
                    });
        }
        task.process(
                1,
                () -> {
                    states.select(1);
                    states.reducing.asyncGet().thenAccept(sums::add);
                });
        task.drain();

        assertThat(sums).containsExactly(2L);
    }

    private void write(int key) {
        task.process(
                key,
                () -> {
                    states.select(1);
                    states.value.asyncUpdate(1L);
                    states.list.asyncAdd("element");
                    states.map.asyncPut("user key", 1L);
                    states.reducing.asyncAdd(1L);
                    states.aggregating.asyncAdd(1L);
                });
        task.drain();
    }

    private static int entries(LsmTree tree) throws Exception {
        int entries = 0;
        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            while (cursor.next()) {
                entries++;
            }
        }
        return entries;
    }
}
