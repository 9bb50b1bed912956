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
import java.util.List;
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

        /** What was uploaded early, by its name; and which checkpoints list it. */
        private final Map<String, String> early = new HashMap<>();

        private final Map<String, Set<Long>> listing = new HashMap<>();

        @Override
        public Map<String, StreamStateHandle> uploadedEarly() {
            Map<String, StreamStateHandle> handles = new HashMap<>();
            early.forEach((name, path) -> handles.put(name, handle(path)));
            return handles;
        }

        @Override
        public Set<String> mayList(long checkpointId, Map<String, StreamStateHandle> early) {
            early.keySet().forEach(name -> holders(name).add(checkpointId));
            return early.keySet();
        }

        @Override
        public Set<String> lists(long checkpointId, Set<String> names) {
            Set<String> lists = new HashSet<>();
            listing.forEach(
                    (name, ids) -> {
                        if (!names.contains(name)) {
                            ids.remove(checkpointId);
                        } else if (ids.contains(checkpointId)) {
                            lists.add(name);
                        }
                    });
            return lists;
        }

        private Set<Long> holders(String name) {
            return listing.computeIfAbsent(name, any -> new HashSet<>());
        }

        @Override
        public void completed(long checkpointId) {}

        @Override
        public void aborted(long checkpointId) {}

        @Override
        public void notWritten(long checkpointId) {
            listing.values().forEach(ids -> ids.remove(checkpointId));
        }

        private boolean isListed(String name) {
            return !holders(name).isEmpty();
        }

        /** What is read where a checkpoint may have it, by its name. */
        private Map<String, String> promised() {
            Map<String, String> promised = new HashMap<>(early);
            promised.keySet().removeIf(name -> !isListed(name));
            promised.putAll(paths);
            return promised;
        }

        @Override
        public Set<String> names() {
            return new TreeSet<>(promised().keySet());
        }

        @Override
        public void confirmed(String name, StreamStateHandle handle) {
            if (!deleted.contains(name)) {
                paths.put(name, path(handle));
                early.remove(name);
            }
        }

        @Override
        public void forget(String name) {
            paths.remove(name);
            early.remove(name);
        }

        @Override
        public boolean stayRemote() {
            return false;
        }

        @Override
        public void uploadedAgain(long checkpointId, String name, StreamStateHandle handle) {}
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

        assertThat(restored.begin(2, FORWARD_BACKWARD, handle -> true, homes))
                .containsOnlyKeys("b");
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
                        handle -> handle.getStreamStateHandleID().getKeyString().endsWith("b"),
                        homes);

        assertThat(reusable).containsOnlyKeys("b");
        assertThat(begin(3, FORWARD_BACKWARD)).containsOnlyKeys("b");
    }

    @Test
    void inlineHandleIsReused() {
        UploadedSstables restored =
                UploadedSstables.restored(
                        Map.of("a", new ByteStreamStateHandle("inline", new byte[] {1})));

        assertThat(restored.begin(2, FORWARD_BACKWARD, handle -> true, homes))
                .containsOnlyKeys("a");
    }

    /** An old view may read a file that no checkpoint has in its image any more. */
    @Test
    void fileThatIsReadRemotelyIsListedThoughNoImageHasIt() {
        checkpoint(1, FORWARD_BACKWARD, "a", "b");
        uploaded.completed(1, homes);
        assertThat(homes.paths).containsOnly(Map.entry("a", "1/a"), Map.entry("b", "1/b"));

        Map<String, StreamStateHandle> reusable =
                uploaded.begin(2, FORWARD_BACKWARD, handle -> true, homes);
        assertThat(uploaded.list(2, reusable, Set.of("b"), homes).files())
                .containsOnlyKeys("a", "b");
        homes.forget("a");
        assertThat(uploaded.list(2, reusable, Set.of("b"), homes).files()).containsOnlyKeys("b");
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

        restored.begin(2, FORWARD_BACKWARD, handle -> true, homes);
        restored.finished(2, Set.of("a"), Map.of());
        restored.completed(2, homes);

        assertThat(restored.isRestored()).isFalse();
        assertThat(homes.paths).containsOnly(Map.entry("a", "1/a"));
    }

    /** The changelog backend numbers its materialisations anew. */
    @Test
    void orderIsThatOfBeginningNotThatOfIds() {
        UploadedSstables restored = UploadedSstables.restored(Map.of("a", handle("100/a")));

        restored.begin(1, FORWARD, handle -> true, homes);
        restored.finished(1, Set.of(), Map.of("a", handle("1/a")));

        assertThat(restored.begin(2, FORWARD_BACKWARD, handle -> true, homes)).isEmpty();
        restored.failed(2);
        restored.completed(1, homes);
        assertThat(restored.begin(3, FORWARD_BACKWARD, handle -> true, homes).get("a"))
                .isEqualTo(handle("1/a"));
    }

    @Test
    void whatWasUploadedEarlyIsListedUnderItsRealHandleUntilItHasAHome() {
        homes.early.put("a", "early/a");

        Map<String, StreamStateHandle> reusable =
                uploaded.begin(1, FORWARD_BACKWARD, handle -> true, homes);
        assertThat(homes.isListed("a")).isTrue();
        UploadedSstables.Listed listed = uploaded.list(1, reusable, Set.of("a"), homes);
        assertThat(listed.files()).containsOnly(Map.entry("a", handle("early/a")));
        assertThat(listed.early()).containsExactly("a");
        assertThat(homes.isListed("a")).isTrue();
        uploaded.finished(1, Set.of("a"), Map.of());
        uploaded.completed(1, homes);

        assertThat(homes.paths).containsOnly(Map.entry("a", "early/a"));
        reusable = uploaded.begin(2, FORWARD_BACKWARD, handle -> true, homes);
        listed = uploaded.list(2, reusable, Set.of("a"), homes);
        assertThat(listed.files()).containsOnly(Map.entry("a", handle("early/a")));
        assertThat(listed.early()).isEmpty();
    }

    /** The job manager may have it, and deletes what the next complete checkpoint does not list. */
    @Test
    void whatAnAbortedCheckpointListedIsListedByTheNext() {
        homes.early.put("a", "early/a");
        Map<String, StreamStateHandle> reusable =
                uploaded.begin(1, FORWARD_BACKWARD, handle -> true, homes);
        uploaded.list(1, reusable, Set.of("a"), homes);
        uploaded.finished(1, Set.of("a"), Map.of());
        uploaded.aborted(1);

        reusable = uploaded.begin(2, FORWARD_BACKWARD, handle -> true, homes);
        // No image has it, but the store may read it there.
        assertThat(uploaded.list(2, reusable, Set.of(), homes).early()).containsExactly("a");
    }

    @Test
    void whatWasUploadedEarlyIsNotListedByAFullCheckpointNorBesideAnotherUpload() {
        homes.early.put("a", "early/a");

        assertThat(uploaded.begin(1, FORWARD, handle -> true, homes)).isEmpty();
        // The first one uploads it.
        assertThat(uploaded.begin(2, FORWARD_BACKWARD, handle -> true, homes)).isEmpty();
        uploaded.failed(2);
        uploaded.finished(1, Set.of(), Map.of("a", handle("1/a")));
        uploaded.completed(1, homes);
        assertThat(begin(3, FORWARD_BACKWARD)).containsOnly(Map.entry("a", "1/a"));
        assertThat(homes.early).isEmpty();
    }

    /**
     * A job manager in small: it keeps the files of the newest completed checkpoint and deletes
     * what no checkpoint from that on uses. Whatever the order of events, no checkpoint may
     * complete with a reference to a deleted file.
     */
    @Test
    void noOrderOfEventsLeadsToAReferenceToADeletedFile() {
        long homesChecked = 0;
        long earlyListed = 0;
        for (long seed = 0; seed < 3000; seed++) {
            JobManagerInSmall jobManager = new JobManagerInSmall(seed);
            jobManager.run();
            homesChecked += jobManager.homesChecked;
            earlyListed += jobManager.earlyListed;
        }
        assertThat(homesChecked).isGreaterThan(3000);
        assertThat(earlyListed).isGreaterThan(3000);
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

        /** Of files that were uploaded early: the last checkpoint that the job manager got. */
        private final Map<String, Long> lastUsed = new HashMap<>();

        private long earlyListed;
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
                switch (random.nextInt(8)) {
                    case 0 -> {
                        String name = "s" + files++;
                        live.add(name);
                        if (random.nextBoolean()) {
                            uploadEarly(name);
                        }
                    }
                    case 6 -> failRunning();
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

        void uploadEarly(String name) {
            homes.early.put(name, "early/" + name);
            existing.add("early/" + name);
        }

        /** A checkpoint is not written after all, before it lists anything or after. */
        void failRunning() {
            Long id = any(running);
            if (id == null) {
                return;
            }
            Map<String, String> files = running.remove(id);
            Map<String, StreamStateHandle> mayRefer = reusable.remove(id);
            if (random.nextBoolean()) {
                uploaded.list(id, mayRefer, files.keySet(), homes);
            }
            uploaded.failed(id);
            homes.notWritten(id);
        }

        void begin(long id) {
            SharingFilesStrategy sharing = random.nextInt(5) == 0 ? FORWARD : FORWARD_BACKWARD;
            Map<String, StreamStateHandle> mayRefer =
                    uploaded.begin(id, sharing, handle -> true, homes);
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
                    .files()
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
            for (Map<String, String> listed : List.of(files, more)) {
                for (String path : listed.values()) {
                    if (path.startsWith("early/")) {
                        lastUsed.merge(path, id, Math::max);
                        earlyListed++;
                    }
                }
            }
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
            existing.removeIf(path -> lastUsed.getOrDefault(path, Long.MAX_VALUE) < id);
            existing.removeIf(
                    path ->
                            !needed.contains(path)
                                    && !path.startsWith("early/")
                                    && Long.parseLong(path.substring(0, path.indexOf('/'))) <= id);
            checkHomes();
            if (random.nextInt(4) > 0) {
                uploaded.completed(id, homes);
                checkHomes();
            }
        }

        /** The store deletes a file that neither it nor an old view reads. */
        void deleteUnwanted() {
            Set<String> names = homes.names();
            names.addAll(homes.early.keySet());
            names.stream()
                    .filter(name -> !isNeeded(name) && random.nextInt(4) == 0)
                    .forEach(
                            name -> {
                                if (!homes.isListed(name)) {
                                    existing.remove(homes.early.get(name));
                                }
                                homes.forget(name);
                                homes.deleted.add(name);
                            });
        }

        /** By the store, or for a checkpoint that is being written. */
        private boolean isNeeded(String name) {
            return live.contains(name)
                    || running.values().stream().anyMatch(files -> files.containsKey(name));
        }

        void checkHomes() {
            assertThat(existing)
                    .as("seed=%s: files that the store reads there", seed)
                    .containsAll(homes.promised().values());
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
        uploaded.begin(id, sharing, handle -> true, homes)
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
