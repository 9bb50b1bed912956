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
package io.flinklsm.benchmarks.inspect;

import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.backend.TakenCheckpoint;
import io.flinklsm.benchmarks.run.Peer;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.CheckpointRetentionPolicy;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.OperatorID;

/**
 * Two checkpoints of a job, one after the other, which share most of their files. Half of the
 * entries are values of as many keys, half are entries of maps whose keys are skewed: that of rank
 * r has a share of about 1/r. Between the two, one value in a thousand is written again, anywhere,
 * and the maps get as many new entries.
 */
final class TwoCheckpoints {

    static final String VALUES = "last";
    static final String MAPS = "events";

    private static final String OPERATOR = "customers";
    private static final int KEY_GROUPS = 128;
    private static final long MANAGED_BYTES = 512L << 20;

    /** One value in so many is another one in the second checkpoint. */
    private static final int CHANGED_OF = 1000;

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz012345";
    private static final int LETTER_BITS = 5;
    private static final String TEXT =
            "{\"type\":\"position\",\"venue\":\"XETRA\",\"status\":\"open\"}";

    private final Path directory;
    private final int entries;
    private final int valueBytes;

    /**
     * Writes nothing yet.
     *
     * @param entries of both states together
     * @param valueBytes of each value's text
     */
    TwoCheckpoints(Path directory, int entries, int valueBytes) {
        this.directory = directory;
        this.entries = entries;
        this.valueBytes = valueBytes;
    }

    Path before() {
        return checkpoint(1);
    }

    Path after() {
        return checkpoint(2);
    }

    private Path checkpoint(int id) {
        return directory.resolve("checkpoints").resolve("chk-" + id);
    }

    /** How many values are others in the second checkpoint, and how many entries are new in it. */
    int changed() {
        return entries / 2 / CHANGED_OF;
    }

    /** Writes both, unless they are there. */
    void write() throws Exception {
        if (Files.exists(after().resolve("_metadata"))) {
            return;
        }
        int half = entries / 2;
        try (BenchmarkedBackend backend =
                BenchmarkedBackend.open(
                        Peer.LSM,
                        directory,
                        MANAGED_BYTES,
                        Map.of("execution.checkpointing.incremental", "true"))) {
            ValueState<String> values =
                    backend.state(new ValueStateDescriptor<>(VALUES, String.class));
            MapState<Long, String> maps =
                    backend.state(new MapStateDescriptor<>(MAPS, Long.class, String.class));
            SplittableRandom random = new SplittableRandom(15);
            for (int i = 0; i < half; i++) {
                long key = spread(i, half);
                backend.setKey(key);
                values.update(text(key, 0));
                backend.setKey(skewed(random, half));
                maps.put((long) i, text(i, 0));
            }
            storeMetadata(backend.checkpoint(), 1);
            for (int i = 0; i < changed(); i++) {
                long key = spread(i * CHANGED_OF, half);
                backend.setKey(key);
                values.update(text(key, 1));
                backend.setKey(skewed(random, half));
                maps.put((long) half + i, text(half + i, 0));
            }
            storeMetadata(backend.checkpoint(), 2);
        }
    }

    /** Each number below the count once, in an order that no file has. */
    private static long spread(int index, int count) {
        return Long.remainderUnsigned(index * 2_654_435_761L, count);
    }

    private static long skewed(SplittableRandom random, int count) {
        return (long) Math.pow(count, random.nextDouble());
    }

    /** Half of it is random, half of it is alike. */
    private String text(long number, long version) {
        SplittableRandom random = new SplittableRandom(number * 31 + version);
        StringBuilder text = new StringBuilder(valueBytes);
        while (text.length() < valueBytes / 2) {
            long bits = random.nextLong();
            for (int i = 0; i < Long.SIZE / LETTER_BITS && text.length() < valueBytes / 2; i++) {
                text.append(LETTERS.charAt((int) (bits & (LETTERS.length() - 1))));
                bits >>>= LETTER_BITS;
            }
        }
        return text.append(TEXT, 0, valueBytes - text.length()).toString();
    }

    private void storeMetadata(TakenCheckpoint taken, int id) throws Exception {
        OperatorState operator =
                new OperatorState(
                        OPERATOR, OPERATOR, new OperatorID(0x1515, 0x1515), 1, KEY_GROUPS);
        operator.putState(
                0, OperatorSubtaskState.builder().setManagedKeyedState(taken.handle()).build());
        CheckpointMetadata metadata =
                new CheckpointMetadata(
                        id,
                        List.of(operator),
                        List.of(),
                        CheckpointProperties.forCheckpoint(
                                CheckpointRetentionPolicy.RETAIN_ON_CANCELLATION));
        Path target = Files.createDirectories(checkpoint(id)).resolve("_metadata");
        try (OutputStream out = Files.newOutputStream(target)) {
            Checkpoints.storeCheckpointMetadata(metadata, out);
        }
    }
}
