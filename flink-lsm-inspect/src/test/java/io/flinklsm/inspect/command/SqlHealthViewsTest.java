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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import io.flinklsm.statebackend.LsmStateBackend;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The views of what {@code top}, {@code health} and {@code ls} tell. */
final class SqlHealthViewsTest {

    @TempDir static Path root;

    private static SampleCheckpoint sample;
    private static String second;

    @BeforeAll
    static void takeTwoCheckpoints() throws Exception {
        sample = new SampleCheckpoint(root, new LsmStateBackend(true));
        var descriptor = new ValueStateDescriptor<>("last", Types.STRING);
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofDays(1)).build());
        for (int i = 0; i < 20; i++) {
            sample.timer("user-" + i, Long.MAX_VALUE - 1);
            sample.with(
                    "user-" + i,
                    backend -> {
                        ValueState<String> last = SampleCheckpoint.state(backend, descriptor);
                        last.update("x");
                    });
        }
        sample.write("k", 1, 0).take(1);
        sample.confirm(1);
        sample.write("k", 1, 1).take(2);
        second = sample.last().toString();
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    private static String golden(String statement) {
        Run run = Run.of("sql", second, statement);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.golden(root);
    }

    @Test
    void largeKeys() {
        assertThat(
                        golden(
                                "select view, key, entries, tombstones, entries_at_most from"
                                        + " lsm_top_keys where view = 'tags'"))
                .isEqualTo(
                        """
                        view  key  entries  tombstones  entries_at_most
                        tags  k  4  0  4
                        """);
    }

    @Test
    void checkpointsThatAreKept() {
        assertThat(
                        golden(
                                "select name, id, type, new_bytes < bytes as \"shares\","
                                        + " shared_sstables from lsm_checkpoints order by id"))
                .isEqualTo(
                        """
                        name  id  type  shares  shared_sstables
                        chk-1  1  checkpoint  false  7
                        chk-2  2  checkpoint  true  0
                        """);
    }

    @Test
    void agesOfEntriesWithATimeToLive() {
        assertThat(
                        golden(
                                "select view, sum(entries)::bigint as entries, count(*) as ages,"
                                    + " min(oldest) <= max(newest) as fits from lsm_ttl group by"
                                    + " view"))
                .isEqualTo(
                        """
                        view  entries  ages  fits
                        last  20  8  true
                        """);
    }

    @Test
    void findings() {
        assertThat(golden("select view, code, text from lsm_health"))
                .isEqualTo(
                        """
                        view  code  text
                        timers  distant_timers  20 of 22 timers are due in more than a year, 20 of them never
                        """);
    }

    @Test
    void columnsAreThereWithoutReadingAnything() {
        for (String view :
                new String[] {"lsm_top_keys", "lsm_checkpoints", "lsm_ttl", "lsm_health"}) {
            assertThat(golden("describe " + view)).contains("VARCHAR");
        }
    }
}
