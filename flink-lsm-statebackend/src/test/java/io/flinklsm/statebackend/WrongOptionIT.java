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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/configuration.md says of a job that sets the backend and its options in code. */
final class WrongOptionIT {

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(1)
                            .build());

    private static final AtomicInteger OPENED = new AtomicInteger();

    @Test
    void jobThatSetsTheBackendInItsConfigurationRuns() throws Exception {
        OPENED.set(0);

        run("size-tiered", true);

        assertThat(OPENED).hasValue(1);
    }

    @ParameterizedTest(name = "with checkpoints: {0}")
    @ValueSource(booleans = {true, false})
    void wrongValueIsRefusedBeforeAnyFunctionIsOpened(boolean checkpoints) {
        OPENED.set(0);

        Throwable failure = catchThrowable(() -> run("tiered", checkpoints));

        assertThat(ExceptionUtils.findThrowable(failure, IllegalConfigurationException.class))
                .get()
                .extracting(Throwable::getMessage)
                .asString()
                .contains("[state.backend.lsm.compaction.style]")
                .contains("value=tiered; allowed: leveled, size-tiered;");
        assertThat(OPENED).hasValue(0);
    }

    private static void run(String compactionStyle, boolean checkpoints) throws Exception {
        Configuration config = new Configuration();
        config.set(
                StateBackendOptions.STATE_BACKEND,
                "io.flinklsm.statebackend.LsmStateBackendFactory");
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        config.set(LsmBackendOptions.COMPACTION_STYLE, compactionStyle);
        if (checkpoints) {
            config.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofHours(1));
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
        env.setParallelism(1);
        env.fromSequence(1, 100)
                .keyBy(number -> number % 7)
                .reduce(Long::sum)
                .map(new NotesThatItWasOpened())
                .sinkTo(new DiscardingSink<>());
        env.execute();
    }

    private static final class NotesThatItWasOpened extends RichMapFunction<Long, Long> {

        private static final long serialVersionUID = 1L;

        @Override
        public void open(OpenContext context) {
            OPENED.incrementAndGet();
        }

        @Override
        public Long map(Long value) {
            return value;
        }
    }
}
