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
package io.flinklsm.statebackend.snapshot;

import static org.apache.flink.runtime.checkpoint.SnapshotType.SharingFilesStrategy.FORWARD;
import static org.apache.flink.runtime.checkpoint.SnapshotType.SharingFilesStrategy.FORWARD_BACKWARD;
import static org.apache.flink.runtime.checkpoint.SnapshotType.SharingFilesStrategy.NO_SHARING;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.SnapshotType.SharingFilesStrategy;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.junit.jupiter.api.Test;

class UploadedSstablesTest {

    private final UploadedSstables uploaded = UploadedSstables.none();
    private final FakeHomes homes = new FakeHomes();

    /** Where the store reads its files, by their names. */
    private static final class FakeHomes implements UploadedSstables.Homes {
        private final Map<String, String> paths = new HashMap<>();
        private final Set<String> deleted = new HashSet<>();

        @Override
        public StreamStateHandle uploadedEarly(String name) {
            return null;
        }

        @Override
        public Set<String> names() {
            return new TreeSet<>(paths.keySet());
        }

        @Override
        public void confirmed(String name, StreamStateHandle handle) {
            if (!deleted.contains(name)) {
                paths.put(name, path(handle));
            }
        }

        @Override
        public void forget(String name) {
            paths.remove(name);
        }

        @Override
        public boolean stayRemote() {
            return false;
        }

        @Override
        public void uploadedAgain(long checkpointId, String name, StreamStateHandle handle) {}

        @Override
        public void discarded(long checkpointId) {}
    }

    @Test
    void nothingIsReusedBeforeACheckpointIsConfirmed() {
        checkpoint(1, FORWARD_BACKWARD, "a", "b");

        assertThat(begin(2, FORWARD_BACKWARD)).isEmpty();
    }

    @Test
    void filesOfTheConfirmedCheckpointAreReused() {
        checkpoint(1, FORWARD_BACKWARD, "a", "b");
        uploaded.completed(1, homes);

        assertThat(begin(2, FORWARD_BACKWARD))
                .containsOnly(Map.entry("a", "1/a"), Map.entry("b", "1/b"));
    }

    /** FLINK-25395. */
    @Test
    void fileOfAnUnconfirmedCheckpointIsUploadedAgain() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.completed(1, homes);
        checkpoint(2, FORWARD_BACKWARD, "a", "c");

        assertThat(begin(3, FORWARD_BACKWARD)).containsOnly(Map.entry("a", "1/a"));
    }

    /** FLINK-29913. */
    @Test
    void fileThatALaterCheckpointUploadedAgainIsNotReferredToUnderItsOldPath() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        checkpoint(2, FORWARD_BACKWARD, "a", "b");
        uploaded.completed(1, homes);

        assertThat(begin(3, FORWARD_BACKWARD)).isEmpty();
        uploaded.completed(2, homes);
        assertThat(begin(4, FORWARD_BACKWARD)).isEmpty();
        uploaded.failed(3);
        uploaded.failed(4);
        assertThat(begin(5, FORWARD_BACKWARD))
                .containsOnly(Map.entry("a", "2/a"), Map.entry("b", "2/b"));
    }

    @Test
    void checkpointUnderWayCountsAsUploadingWhatItDoesNotReferTo() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.completed(1, homes);
        begin(2, FORWARD);

        assertThat(begin(3, FORWARD_BACKWARD)).isEmpty();
    }

    @Test
    void checkpointUnderWayThatRefersToTheSamePathsIsNoHindrance() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.completed(1, homes);
        begin(2, FORWARD_BACKWARD);

        assertThat(begin(3, FORWARD_BACKWARD)).containsOnly(Map.entry("a", "1/a"));
    }

    @Test
    void failedCheckpointIsNoHindrance() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.completed(1, homes);
        begin(2, FORWARD);
        uploaded.failed(2);

        assertThat(begin(3, FORWARD_BACKWARD)).containsOnly(Map.entry("a", "1/a"));
    }

    /** FLINK-23949. */
    @Test
    void savepointIsNeitherBaseNorHindrance() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.completed(1, homes);
        checkpoint(2, NO_SHARING, "a", "b");
        uploaded.completed(2, homes);

        assertThat(begin(3, FORWARD_BACKWARD)).containsOnly(Map.entry("a", "1/a"));
        assertThat(begin(4, NO_SHARING)).isEmpty();
    }

    @Test
    void fullCheckpointUploadsAllAndIsTheBaseAfterwards() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.completed(1, homes);

        assertThat(checkpoint(2, FORWARD, "a", "b")).isEmpty();
        uploaded.completed(2, homes);

        assertThat(begin(3, FORWARD_BACKWARD))
                .containsOnly(Map.entry("a", "2/a"), Map.entry("b", "2/b"));
    }

    @Test
    void abortedCheckpointIsForgotten() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.aborted(1);
        uploaded.completed(1, homes);

        assertThat(begin(2, FORWARD_BACKWARD)).isEmpty();
    }

    @Test
    void lateConfirmationOfAnOlderCheckpointChangesNothing() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        checkpoint(2, FORWARD_BACKWARD, "a");
        uploaded.completed(2, homes);
        uploaded.completed(1, homes);

        assertThat(begin(3, FORWARD_BACKWARD)).containsOnly(Map.entry("a", "2/a"));
    }

    @Test
    void confirmationOfAnUnknownCheckpointChangesNothing() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        uploaded.completed(1, homes);
        uploaded.completed(77, homes);
        uploaded.aborted(78);

        assertThat(begin(2, FORWARD_BACKWARD)).containsOnly(Map.entry("a", "1/a"));
    }

    @Test
    void fileThatTheConfirmedCheckpointLacksIsGoneForGood() {
        checkpoint(1, FORWARD_BACKWARD, "a", "b");
        uploaded.completed(1, homes);
        checkpoint(2, FORWARD_BACKWARD, "b");
        uploaded.completed(2, homes);

        assertThat(begin(3, FORWARD_BACKWARD)).containsOnly(Map.entry("b", "1/b"));
    }

    /** FLINK-39964. */
    @Test
    void relativeHandleOfASavepointIsNotReused() {
        UploadedSstables restored =
                UploadedSstables.restored(
                        Map.of(
                                "a",
                                new RelativeFileStateHandle(new Path("/savepoint/a"), "a", 10),
                                "b",
                                handle("1/b")));

        assertThat(restored.begin(2, FORWARD_BACKWARD, handle -> true)).containsOnlyKeys("b");
    }

    /** FLINK-35570: what the file merging of Flink does not know must be written anew. */
    @Test
    void handleThatTheStorageCannotReuseIsUploadedAgainAndThenHindersItsOldPath() {
        checkpoint(1, FORWARD_BACKWARD, "a", "b");
        uploaded.completed(1, homes);

        Map<String, StreamStateHandle> reusable =
                uploaded.begin(
                        2,
                        FORWARD_BACKWARD,
                        handle -> handle.getStreamStateHandleID().getKeyString().endsWith("b"));

        assertThat(reusable).containsOnlyKeys("b");
        assertThat(begin(3, FORWARD_BACKWARD)).containsOnlyKeys("b");
    }

    @Test
    void inlineHandleIsReused() {
        UploadedSstables restored =
                UploadedSstables.restored(
                        Map.of("a", new ByteStreamStateHandle("inline", new byte[] {1})));

        assertThat(restored.begin(2, FORWARD_BACKWARD, handle -> true)).containsOnlyKeys("a");
    }

    /** An old view may read a file that no checkpoint has in its image any more. */
    @Test
    void fileThatIsReadRemotelyIsListedThoughNoImageHasIt() {
        checkpoint(1, FORWARD_BACKWARD, "a", "b");
        uploaded.completed(1, homes);
        assertThat(homes.paths).containsOnly(Map.entry("a", "1/a"), Map.entry("b", "1/b"));

        Map<String, StreamStateHandle> reusable =
                uploaded.begin(2, FORWARD_BACKWARD, handle -> true);
        assertThat(uploaded.list(2, reusable, Set.of("b"), homes)).containsOnlyKeys("a", "b");
        homes.forget("a");
        assertThat(uploaded.list(2, reusable, Set.of("b"), homes)).containsOnlyKeys("b");
    }

    @Test
    void fileThatALaterCheckpointUploadsAgainGetsNoHome() {
        checkpoint(1, FORWARD_BACKWARD, "a");
        checkpoint(2, FORWARD_BACKWARD, "a");

        uploaded.completed(1, homes);
        assertThat(homes.paths).isEmpty();
        uploaded.completed(2, homes);
        assertThat(homes.paths).containsOnly(Map.entry("a", "2/a"));
    }

    @Test
    void restoredFilesAreReferredToByTheirRealHandlesUntilACheckpointIsComplete() {
        UploadedSstables restored = UploadedSstables.restored(Map.of("a", handle("1/a")));
        assertThat(restored.isRestored()).isTrue();

        restored.begin(2, FORWARD_BACKWARD, handle -> true);
        restored.finished(2, Set.of("a"), Map.of());
        restored.completed(2, homes);

        assertThat(restored.isRestored()).isFalse();
        assertThat(homes.paths).containsOnly(Map.entry("a", "1/a"));
    }

    /** The changelog backend numbers its materialisations anew. */
    @Test
    void orderIsThatOfBeginningNotThatOfIds() {
        UploadedSstables restored = UploadedSstables.restored(Map.of("a", handle("100/a")));

        restored.begin(1, FORWARD, handle -> true);
        restored.finished(1, Set.of(), Map.of("a", handle("1/a")));

        assertThat(restored.begin(2, FORWARD_BACKWARD, handle -> true)).isEmpty();
        restored.failed(2);
        restored.completed(1, homes);
        assertThat(restored.begin(3, FORWARD_BACKWARD, handle -> true).get("a"))
                .isEqualTo(handle("1/a"));
    }

    /**
     * A job manager in small: it keeps the files of the newest completed checkpoint and deletes
     * what no checkpoint from that on uses. Whatever the order of events, no checkpoint may
     * complete with a reference to a deleted file.
     */
    @Test
    void noOrderOfEventsLeadsToAReferenceToADeletedFile() {
        long homesChecked = 0;
        for (long seed = 0; seed < 3000; seed++) {
            JobManagerInSmall jobManager = new JobManagerInSmall(seed);
            jobManager.run();
            homesChecked += jobManager.homesChecked;
        }
        assertThat(homesChecked).isGreaterThan(3000);
    }

    private static final class JobManagerInSmall {
        private final long seed;
        private final Random random;
        private final UploadedSstables uploaded = UploadedSstables.none();

        /** Files that the store reads remotely, those that no checkpoint wants any more too. */
        private final FakeHomes homes = new FakeHomes();

        /** What a running checkpoint may refer to. */
        private final Map<Long, Map<String, StreamStateHandle>> reusable = new HashMap<>();

        /** What checkpoints list beside their files, by their ids: no restore reads these. */
        private final Map<Long, Map<String, String>> extras = new HashMap<>();

        private final Set<String> existing = new HashSet<>();
        private final Map<Long, Map<String, String>> running = new HashMap<>();
        private final Map<Long, Map<String, String>> pending = new HashMap<>();
        private Set<String> live = new HashSet<>(Set.of("s0"));
        private long homesChecked;
        private long newest;
        private int files = 1;

        JobManagerInSmall(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        void run() {
            long id = 0;
            for (int step = 0; step < 60; step++) {
                switch (random.nextInt(7)) {
                    case 0 -> live.add("s" + files++);
                    case 1 -> live.removeIf(name -> random.nextInt(3) == 0);
                    case 2 -> begin(++id);
                    case 3 -> finish();
                    case 4 -> complete();
                    case 5 -> deleteUnwanted();
                    default -> {
                        Long fails = any(pending);
                        if (fails != null) {
                            pending.remove(fails);
                            if (random.nextBoolean()) {
                                uploaded.aborted(fails);
                            }
                        }
                    }
                }
            }
        }

        void begin(long id) {
            SharingFilesStrategy sharing = random.nextInt(5) == 0 ? FORWARD : FORWARD_BACKWARD;
            Map<String, StreamStateHandle> mayRefer = uploaded.begin(id, sharing, handle -> true);
            reusable.put(id, mayRefer);
            Map<String, String> files = new HashMap<>();
            for (String name : live) {
                StreamStateHandle handle = mayRefer.get(name);
                files.put(name, handle == null ? id + "/" + name : path(handle));
            }
            running.put(id, files);
        }

        void finish() {
            Long id = any(running);
            if (id == null) {
                return;
            }
            Map<String, String> files = running.remove(id);
            Map<String, StreamStateHandle> mayRefer = reusable.remove(id);
            homes.names().stream()
                    .filter(name -> !mayRefer.containsKey(name))
                    .forEach(homes::forget);
            Map<String, String> more = new HashMap<>();
            uploaded.list(id, mayRefer, files.keySet(), homes)
                    .forEach((name, handle) -> more.put(name, path(handle)));
            extras.put(id, more);
            Set<String> reused = new HashSet<>();
            Map<String, StreamStateHandle> written = new HashMap<>();
            files.forEach(
                    (name, path) -> {
                        if (path.startsWith(id + "/")) {
                            existing.add(path);
                            written.put(name, handle(path));
                        } else {
                            reused.add(name);
                        }
                    });
            reused.addAll(more.keySet());
            uploaded.finished(id, reused, written);
            pending.put(id, files);
        }

        void complete() {
            Long id = any(pending);
            if (id == null) {
                return;
            }
            Map<String, String> files = pending.remove(id);
            if (id < newest) {
                return;
            }
            newest = id;
            assertThat(existing).as("seed=%s, checkpoint=%s", seed, id).containsAll(files.values());
            // Those begun before are subsumed; those begun later may still need their uploads.
            pending.keySet().removeIf(other -> other < id);
            Set<String> needed = new HashSet<>(files.values());
            needed.addAll(extras.getOrDefault(id, Map.of()).values());
            existing.removeIf(
                    path ->
                            !needed.contains(path)
                                    && Long.parseLong(path.substring(0, path.indexOf('/'))) <= id);
            checkHomes();
            if (random.nextInt(4) > 0) {
                uploaded.completed(id, homes);
                checkHomes();
            }
        }

        /** The store deletes a file that neither it nor an old view reads. */
        void deleteUnwanted() {
            homes.names().stream()
                    .filter(name -> !live.contains(name) && random.nextInt(4) == 0)
                    .forEach(
                            name -> {
                                homes.forget(name);
                                homes.deleted.add(name);
                            });
        }

        void checkHomes() {
            assertThat(existing)
                    .as("seed=%s: files that the store reads there", seed)
                    .containsAll(homes.paths.values());
            homesChecked += homes.paths.size();
        }

        private Long any(Map<Long, ?> map) {
            return map.isEmpty()
                    ? null
                    : map.keySet().stream().sorted().toList().get(random.nextInt(map.size()));
        }
    }

    private Map<String, String> begin(long id, SharingFilesStrategy sharing) {
        Map<String, String> paths = new HashMap<>();
        uploaded.begin(id, sharing, handle -> true)
                .forEach((name, handle) -> paths.put(name, path(handle)));
        return paths;
    }

    /** Begins and finishes a checkpoint of these files; returns what it reused. */
    private Map<String, String> checkpoint(long id, SharingFilesStrategy sharing, String... names) {
        Map<String, String> reusable = begin(id, sharing);
        reusable.keySet().retainAll(Set.of(names));
        Map<String, StreamStateHandle> written = new HashMap<>();
        for (String name : names) {
            if (!reusable.containsKey(name)) {
                written.put(name, handle(id + "/" + name));
            }
        }
        uploaded.finished(id, reusable.keySet(), written);
        return reusable;
    }

    private static StreamStateHandle handle(String path) {
        return new FileStateHandle(new Path("/" + path), 10);
    }

    private static String path(StreamStateHandle handle) {
        return ((FileStateHandle) handle).getFilePath().getPath().substring(1);
    }
}
