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
package io.flinklsm.inspect.health;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.health.HealthFinding.Code;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.profile.StateProfile;
import io.flinklsm.inspect.profile.StateProfile.Heavy;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks for what makes a checkpoint large, slow or unreadable. Sketches, manifests and one footer a
 * state tell most of it; ages of entries and times of timers take reading those states.
 *
 * @param states figures of each state
 * @param findings those about the most data first
 */
public record HealthCheck(List<StateHealth> states, List<HealthFinding> findings) {

    private static final double LARGE_KEY_SHARE = 0.1;

    /** Against its fair share: of two keys, one with half of the data is no finding. */
    private static final double LARGE_KEY_TIMES = 10;

    private static final double KEY_GROUP_TIMES = 4;
    private static final double SUBTASK_TIMES = 2;
    private static final double EXPIRED_SHARE = 0.2;
    private static final double TIMERS_SHARE = 0.1;
    private static final double TOMBSTONE_SHARE = 0.25;
    private static final double OVERWRITTEN_SHARE = 0.5;
    private static final int LEVEL0_RUNS_MIN = 8;
    private static final double CLIPPED_SHARE = 0.1;
    private static final int SMALL_FILES_MIN = 200;
    private static final long SMALL_FILE_BYTES = 64 << 10;

    private static final Pattern OPAQUE =
            Pattern.compile("opaque\\[\"((?:[^\"\\\\]|\\\\.)*)\",\"((?:[^\"\\\\]|\\\\.)*)\"]");

    /**
     * What is asked for.
     *
     * @param atMillis the time that ages and timers are told from
     * @param ttlMillis by the name of the state; under the empty name for all others
     * @param minBytes states with less data are not judged by sizes: a few keys are never even, and
     *     compactions have no hurry
     * @param isQuick whether not to read states for the ages of entries and the times of timers
     */
    public record Request(
            long atMillis, Map<String, Long> ttlMillis, long minBytes, boolean isQuick) {

        /** From which size on states are judged, if nothing else is said. */
        public static final long DEFAULT_MIN_BYTES = 1 << 20;

        public Request {
            ttlMillis = Map.copyOf(ttlMillis);
        }

        long ttlOf(StateView view) {
            return ttlMillis.getOrDefault(view.name(), ttlMillis.getOrDefault("", -1L));
        }
    }

    /**
     * Figures of a state; those that are unknown are -1.
     *
     * @param level0Runs of the subtask that has the most
     * @param clippedBytes length of the files that have entries of other key groups
     * @param overwrittenShare of the entries, those that are not the newest of their key: about
     */
    public record StateHealth(
            StateProfile profile,
            Skew skew,
            double tombstoneShare,
            double overwrittenShare,
            int level0Runs,
            long clippedBytes,
            @Nullable TtlAges ttl,
            @Nullable TimerTimes timers) {}

    /**
     * How unevenly a state is spread; what is unknown is -1.
     *
     * @param keyGroupTimes bytes of the largest key group against those of an average one
     * @param subtaskTimes bytes of the largest subtask against those of an average one
     */
    public record Skew(double keyGroupTimes, double subtaskTimes) {}

    public HealthCheck {
        states = List.copyOf(states);
        findings = List.copyOf(findings);
    }

    /**
     * Looks at states.
     *
     * @param progress called again and again while it reads
     */
    public static HealthCheck of(List<StateView> views, Request request, Runnable progress)
            throws IOException {
        List<StateHealth> states = new ArrayList<>();
        List<HealthFinding> findings = new ArrayList<>();
        for (StateView view : views) {
            StateHealth health = stateHealth(view, request, progress);
            states.add(health);
            new Judging(health, findings).run(request.minBytes());
        }
        findings.sort(
                Comparator.comparingLong((HealthFinding one) -> -one.bytes())
                        .thenComparing(HealthFinding::code));
        return new HealthCheck(states, findings);
    }

    private static StateHealth stateHealth(StateView view, Request request, Runnable progress)
            throws IOException {
        StateProfile profile = StateProfile.of(view, progress);
        EntryColumns columns = profile.columns();
        boolean reads = !request.isQuick() && view.entryCount() > 0;
        return new StateHealth(
                profile,
                new Skew(keyGroupTimes(profile), subtaskTimes(view)),
                share(view.tombstoneCount(), view.entryCount()),
                overwrittenShare(profile),
                level0Runs(view),
                clippedBytes(view),
                reads && TtlAges.has(columns)
                        ? TtlAges.of(view, request.atMillis(), request.ttlOf(view), progress)
                        : null,
                reads && TimerTimes.has(columns)
                        ? TimerTimes.of(view, request.atMillis(), progress)
                        : null);
    }

    private static double share(double part, double whole) {
        return whole <= 0 ? 0 : part / whole;
    }

    private static double keyGroupTimes(StateProfile profile) {
        int groups = profile.view().operator().maxParallelism();
        if (groups <= 0 || profile.groups().isEmpty()) {
            return -1;
        }
        double largest = 0;
        double sum = 0;
        for (StateProfile.Group group : profile.groups().values()) {
            largest = Math.max(largest, group.bytes());
            sum += group.bytes();
        }
        return share(largest * groups, sum);
    }

    private static double subtaskTimes(StateView view) {
        int parallelism = view.operator().parallelism();
        if (parallelism <= 1 || view.parts().isEmpty()) {
            return -1;
        }
        double largest = 0;
        double sum = 0;
        for (StateView.Part part : view.parts()) {
            double bytes = part.sstables().stream().mapToLong(SstableMeta::sizeBytes).sum();
            largest = Math.max(largest, bytes);
            sum += bytes;
        }
        return share(largest * parallelism, sum);
    }

    /** Where a key has one entry, more entries than keys are overwritten ones or tombstones. */
    private static double overwrittenShare(StateProfile profile) {
        EntryColumns columns = profile.columns();
        if (columns == null || !columns.isKeyAll() || profile.keys().areWhole()) {
            return -1;
        }
        return Math.max(0, 1 - share(profile.keyEstimate(), profile.entries()));
    }

    private static int level0Runs(StateView view) {
        int most = 0;
        for (StateView.Part part : view.parts()) {
            Set<Long> generations = new HashSet<>();
            for (SstableMeta meta : part.sstables()) {
                if (meta.level() == 0) {
                    generations.add(meta.generation());
                }
            }
            most = Math.max(most, generations.size());
        }
        return most;
    }

    private static long clippedBytes(StateView view) {
        ToLongFunction<SstableMeta> clipped = meta -> meta.clip() == null ? 0 : meta.sizeBytes();
        return view.sstables().stream().mapToLong(clipped).sum();
    }

    /** The findings about one state. */
    private record Judging(StateHealth health, List<HealthFinding> findings) {

        private StateProfile profile() {
            return health.profile();
        }

        private StateView view() {
            return health.profile().view();
        }

        void run(long minBytes) {
            if (profile().bytes() >= minBytes) {
                judgeKeyGroups(judgeLargeKey());
                judgeSubtasks();
                judgeGarbage();
                judgeFiles();
            }
            judgeAges();
            judgeTimers();
            judgeTypes();
        }

        private void add(
                Code code, String text, String advice, double value, double threshold, double of) {
            findings.add(
                    new HealthFinding(
                            code, view(), text, advice, value, threshold, Math.round(of)));
        }

        private static String percent(double share) {
            return String.format(Locale.ROOT, "%.0f %%", share * 100);
        }

        private static String times(double times) {
            return String.format(Locale.ROOT, "%.1f times", times);
        }

        /** Gives the key group of the key that was told; -1 if none was. */
        private int judgeLargeKey() {
            if (view().isQueue() || profile().keys().heaviest().isEmpty()) {
                return -1;
            }
            Heavy heaviest = profile().keys().heaviest().get(0);
            double share = share(heaviest.bytes(), profile().bytes());
            long keys = Math.max(1, profile().keyEstimate());
            if (share < LARGE_KEY_SHARE || share * keys < LARGE_KEY_TIMES) {
                return -1;
            }
            add(
                    Code.LARGE_KEY,
                    "key "
                            + profile().nameOf(heaviest)
                            + " has "
                            + percent(share)
                            + " of the data: "
                            + Units.bytes(heaviest.bytes())
                            + " in "
                            + Units.count(heaviest.entries())
                            + (heaviest.entries() == 1 ? " entry" : " entries")
                            + (profile().keys().sample().isComplete() ? ", of " : ", of about ")
                            + Units.count(keys)
                            + " keys",
                    "find out why this key grows (\"flink-lsm scan --prefix\" shows its entries);"
                            + " bound it with a time to live, timers that clear it, or a finer key",
                    share,
                    LARGE_KEY_SHARE,
                    heaviest.bytes());
            return profile().groupOf(heaviest);
        }

        private void judgeKeyGroups(int largeKeyGroup) {
            double times = health.skew().keyGroupTimes();
            long groups = view().operator().maxParallelism();
            if (times < KEY_GROUP_TIMES || profile().keyEstimate() < 4 * groups) {
                return;
            }
            int largest = -1;
            double bytes = -1;
            for (Map.Entry<Integer, StateProfile.Group> group : profile().groups().entrySet()) {
                if (group.getValue().bytes() > bytes) {
                    largest = group.getKey();
                    bytes = group.getValue().bytes();
                }
            }
            if (largest == largeKeyGroup) {
                // The large key is the reason, and is told.
                return;
            }
            add(
                    Code.KEY_GROUP_SKEW,
                    "key group "
                            + largest
                            + " has "
                            + Units.bytes(Math.round(bytes))
                            + ", "
                            + times(times)
                            + " as much as an average one",
                    "look at its keys (\"flink-lsm scan --key-group "
                            + largest
                            + "\"); many keys with one hash code are a weak hashCode() of the key",
                    times,
                    KEY_GROUP_TIMES,
                    bytes);
        }

        private void judgeSubtasks() {
            double times = health.skew().subtaskTimes();
            if (times >= SUBTASK_TIMES) {
                add(
                        Code.SUBTASK_SKEW,
                        "one subtask has " + times(times) + " as much as an average one",
                        "look at the keys that it has (\"flink-lsm top\"); a parallelism that does"
                                + " not divide the maximum parallelism gives some subtasks more key"
                                + " groups",
                        times,
                        SUBTASK_TIMES,
                        profile().bytes() * times / view().operator().parallelism());
            }
        }

        private void judgeAges() {
            TtlAges ttl = health.ttl();
            if (ttl == null || ttl.expiredEntries() < 0) {
                return;
            }
            double share = share(ttl.expiredBytes(), ttl.bytes());
            if (share >= EXPIRED_SHARE) {
                add(
                        Code.EXPIRED,
                        Units.count(ttl.expiredEntries())
                                + " of "
                                + Units.count(ttl.entries())
                                + " entries are expired: "
                                + Units.bytes(ttl.expiredBytes())
                                + ", "
                                + percent(share)
                                + " of what is live, can be reclaimed",
                        "compactions of the job drop expired entries when they meet them, unless"
                                + " disableCleanupInBackground() was called; those in a deep level"
                                + " stay until it is rewritten",
                        share,
                        EXPIRED_SHARE,
                        ttl.expiredBytes());
            }
        }

        private void judgeTimers() {
            TimerTimes times = health.timers();
            if (times == null || times.timers() == 0) {
                return;
            }
            double distant = share(times.distant(), times.timers());
            if (distant >= TIMERS_SHARE) {
                add(
                        Code.DISTANT_TIMERS,
                        Units.count(times.distant())
                                + " of "
                                + Units.count(times.timers())
                                + " timers are due in more than a year"
                                + (times.never() == 0
                                        ? ""
                                        : ", " + Units.count(times.never()) + " of them never"),
                        "a timer that never fires keeps its key for ever; delete it when the key is"
                                + " done, or let it fire earlier",
                        distant,
                        TIMERS_SHARE,
                        profile().bytes() * distant);
            }
            double overdue = share(times.overdue(), times.timers());
            if (overdue >= TIMERS_SHARE) {
                add(
                        Code.OVERDUE_TIMERS,
                        Units.count(times.overdue())
                                + " of "
                                + Units.count(times.timers())
                                + " timers were due more than an hour before",
                        "if these are timers of event time, a watermark lags or stands still: look"
                                + " for an idle source; a replay of old events is fine",
                        overdue,
                        TIMERS_SHARE,
                        profile().bytes() * overdue);
            }
        }

        private void judgeGarbage() {
            double tombstones = health.tombstoneShare();
            long bytes = view().sizeBytes();
            if (tombstones >= TOMBSTONE_SHARE) {
                add(
                        Code.TOMBSTONES,
                        Units.count(view().tombstoneCount())
                                + " of "
                                + Units.count(view().entryCount())
                                + " stored entries are tombstones",
                        "they go when they are merged into the deepest level; a job that deletes as"
                            + " much as it writes has them always, else \"flink-lsm compact\" drops"
                            + " them now",
                        tombstones,
                        TOMBSTONE_SHARE,
                        bytes * tombstones);
            } else if (health.overwrittenShare() >= OVERWRITTEN_SHARE) {
                add(
                        Code.OVERWRITTEN,
                        "about "
                                + percent(health.overwrittenShare())
                                + " of the stored entries were overwritten",
                        "they go when levels are merged; if it stays so, compaction does not keep"
                                + " up: give it more threads or memory"
                                + " (docs/operations.md)",
                        health.overwrittenShare(),
                        OVERWRITTEN_SHARE,
                        bytes * health.overwrittenShare());
            }
        }

        private void judgeFiles() {
            StateView view = view();
            if (health.level0Runs() >= LEVEL0_RUNS_MIN) {
                add(
                        Code.LEVEL0_RUNS,
                        "a subtask has "
                                + health.level0Runs()
                                + " overlapping SSTables in level 0, each of which a read may ask",
                        "compaction does not keep up with flushes: give it more threads, or"
                                + " memtables more memory, so that there are fewer flushes",
                        health.level0Runs(),
                        LEVEL0_RUNS_MIN,
                        view.sstables().stream()
                                .filter(meta -> meta.level() == 0)
                                .mapToLong(SstableMeta::sizeBytes)
                                .sum());
            }
            double clipped = share(health.clippedBytes(), view.sizeBytes());
            if (clipped >= CLIPPED_SHARE) {
                add(
                        Code.CLIPPED,
                        Units.bytes(health.clippedBytes())
                                + ", "
                                + percent(clipped)
                                + " of the files, are of before a rescale and have entries of other"
                                + " subtasks, too",
                        "compactions rewrite them by and by; \"flink-lsm compact\" does it now",
                        clipped,
                        CLIPPED_SHARE,
                        health.clippedBytes());
            }
            int files = view.sstables().size();
            int subtasks = Math.max(1, view.parts().size());
            if (files / subtasks >= SMALL_FILES_MIN
                    && view.sizeBytes() / files < SMALL_FILE_BYTES) {
                add(
                        Code.SMALL_FILES,
                        Units.count(files)
                                + " SSTables have "
                                + Units.bytes(view.sizeBytes() / files)
                                + " on average",
                        "checkpoints come faster than data: a longer checkpoint interval makes"
                                + " fewer files",
                        (double) files / subtasks,
                        SMALL_FILES_MIN,
                        view.sizeBytes());
            }
        }

        private void judgeTypes() {
            EntryColumns columns = profile().columns();
            if (view().entryCount() == 0 || columns == null) {
                return;
            }
            judgeType("key", columns.key());
            judgeType("namespace", columns.namespace());
            judgeType("map key", columns.mapKey());
            judgeType("value", columns.value());
        }

        private void judgeType(String part, @Nullable ColumnType type) {
            if (type != null) {
                for (String field : BytesFields.of(type)) {
                    add(
                            Code.OPAQUE,
                            "a field of its " + part + " stays bytes: " + field,
                            "give the field a type that Flink knows (a POJO, or one with a"
                                    + " TypeInfo); files are written faster, too, since only its"
                                    + " serializer finds where the field ends",
                            1,
                            1,
                            0);
                }
            }
            Matcher opaque = OPAQUE.matcher(String.valueOf(type));
            if (opaque.find()) {
                add(
                        Code.OPAQUE,
                        "its "
                                + part
                                + " stays bytes: "
                                + opaque.group(2).replace("\\\"", "\"")
                                + (opaque.group(1).isEmpty() ? "" : " (" + opaque.group(1) + ")"),
                        "give the field a type that Flink knows (a POJO, or one with a TypeInfo);"
                                + " Kryo's bytes are slow, too, and only a job can read them",
                        1,
                        1,
                        0);
            }
        }
    }
}
