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
package io.flinklsm.benchmarks.async;

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BackendSpec;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.storage.SlowFileSystem;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * Opens the two sides of a case. Where a backend can, both are restored from one checkpoint, so
 * that they have the same files. Confined to the task thread.
 */
final class SidePair implements AutoCloseable {

    private static final int WRITTEN_AT_ONCE = 10_000;
    private static final long MANAGED_IN_MEMORY = 256L << 20;

    /** Too little for the state: a tenth of it and less. */
    private static final long MANAGED_SMALL = 16L << 20;

    private final Peer peer;
    private final AsyncCase asyncCase;
    private final Path directory;
    private final int keys;
    private final @Nullable KeyedStateHandle written;
    private int opened;
    private @Nullable Side first;
    private @Nullable Side second;

    /**
     * @param keys 0 to before this one are in the state
     */
    SidePair(Peer peer, AsyncCase asyncCase, Path directory, int keys) throws Exception {
        this.peer = peer;
        this.asyncCase = asyncCase;
        this.directory = directory;
        this.keys = keys;
        written = isRestored() ? write() : null;
    }

    /** ForSt's two interfaces do not read each other's checkpoints. */
    private boolean isRestored() {
        return peer == Peer.LSM && !asyncCase.isInMemory();
    }

    private KeyedStateHandle write() throws Exception {
        // Nobody waits for the network while the checkpoint is written.
        SlowFileSystem.setRequestMillis(0);
        try (V1Side writer = new V1Side(slot(), BackendSpec.empty("async"))) {
            write(writer);
            return writer.checkpoint();
        }
    }

    private void write(Side side) throws Exception {
        for (int from = 0; from < keys; from += WRITTEN_AT_ONCE) {
            long[] part = new long[Math.min(WRITTEN_AT_ONCE, keys - from)];
            for (int i = 0; i < part.length; i++) {
                part[i] = (long) from + i;
            }
            side.write(part);
        }
    }

    /** Opens both sides, or opens them anew: what they had in memory and on the disk is gone. */
    void open() throws Exception {
        close();
        first = open(asyncCase.first());
        second = open(asyncCase.second());
        SlowFileSystem.setRequestMillis(SlowFileSystem.REQUEST_MILLIS);
    }

    /**
     * Makes the operating system forget the files of both sides: they come from the disk then.
     * There is a command for it on Linux alone.
     */
    void forgetPages() throws Exception {
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            new ProcessBuilder(
                            "dd",
                            "of=" + file,
                            "oflag=nocache",
                            "conv=notrunc,fdatasync",
                            "count=0")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        }
    }

    Side first() {
        return opened(first);
    }

    Side second() {
        return opened(second);
    }

    private static Side opened(@Nullable Side side) {
        if (side == null) {
            throw new IllegalStateException("[async] open the sides first");
        }
        return side;
    }

    private Side open(AsyncCase.Way way) throws Exception {
        BackendSpec spec = BackendSpec.empty("async");
        KeyedStateHandle handle = written;
        if (handle != null) {
            spec = spec.restoredFrom(List.of(handle));
        }
        BackendSlot slot = slot();
        Side side =
                switch (way) {
                    case V1 -> new V1Side(slot, spec);
                    case OPERATOR_WAITS -> new OperatorSide(false, slot, spec);
                    case OPERATOR -> new OperatorSide(true, slot, spec);
                    case BATCHES -> new ExecutorSide(slot, spec);
                };
        if (handle == null) {
            write(side);
        }
        return side;
    }

    private BackendSlot slot() throws Exception {
        Path own = Files.createDirectories(directory.resolve("slot-" + opened++));
        URI checkpoints = asyncCase.isRemote() ? SlowFileSystem.of(own).toUri() : own.toUri();
        // Pages that are mapped are not forgotten.
        Map<String, String> options =
                Map.of(
                        "state.backend.lsm.memory-mapped-files",
                        asyncCase.isCold() ? "never" : "auto",
                        "state.backend.lsm.async.read-threads",
                        asyncCase.isRemote() ? "64" : "32",
                        "execution.checkpointing.incremental",
                        "true",
                        "state.backend.lsm.placement",
                        asyncCase.isRemote() ? "remote" : "local",
                        "state.backend.lsm.restore",
                        asyncCase.isRemote() ? "lazy" : "eager");
        return BackendSlot.open(
                peer,
                own,
                asyncCase.isInMemory() ? MANAGED_IN_MEMORY : MANAGED_SMALL,
                options,
                checkpoints);
    }

    @Override
    public void close() throws Exception {
        Side ofFirst = first;
        Side ofSecond = second;
        first = null;
        second = null;
        if (ofFirst != null) {
            ofFirst.close();
        }
        if (ofSecond != null) {
            ofSecond.close();
        }
    }
}
