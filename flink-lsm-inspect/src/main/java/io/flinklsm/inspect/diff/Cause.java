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
package io.flinklsm.inspect.diff;

import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.diff.StateDiff.KeyGrowth;
import io.flinklsm.inspect.health.TtlAges;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Why a state is larger, or smaller, than before.
 *
 * @param code a word for scripts
 * @param text a sentence
 * @param bytes how much of the growth it is; negative if it is shrinking
 */
public record Cause(Code code, String text, long bytes) {

    /** A key is told by name if it has this share of the growth. */
    private static final double KEY_SHARE = 0.2;

    /** A key group is told if it has so many times its fair share, too. */
    private static final int GROUP_TIMES = 4;

    /** Of less growth no key is told. */
    private static final long GROWTH_BYTES_MIN = 4 << 10;

    /** What a cause can be. */
    public enum Code {
        /** There are more entries than were removed. */
        NEW_ENTRIES,
        /** More were removed than came. */
        REMOVED_ENTRIES,
        /** Entries that were there have larger, or smaller, values. */
        CHANGED_VALUES,
        /** One key alone has much of the growth. */
        ONE_KEY,
        /** One key group has much of the growth, and no key alone is why. */
        KEY_GROUP,
        /** Timers that are due in more than a year, or never. */
        DISTANT_TIMERS,
        /** More tombstones wait to be merged. */
        TOMBSTONES,
        /** More overwritten entries wait to be merged. */
        OVERWRITTEN,
        /** Files have entries of other key groups, after a rescale. */
        CLIPPED,
        /** Entries stay until their time to live is over, and a compaction meets them. */
        TIME_TO_LIVE
    }

    /**
     * All causes, none if nothing has changed. What tells why comes before what tells how much, if
     * it is about half of the growth or more; else the one with the most bytes is first.
     */
    public static List<Cause> of(StateDiff diff) throws IOException {
        List<Cause> causes = new ArrayList<>();
        long entries = diff.added().count() - diff.removed().count();
        long bytes = diff.added().bytes() - diff.removed().bytes();
        if (diff.added().count() > 0 && bytes >= 0) {
            causes.add(
                    new Cause(
                            Code.NEW_ENTRIES,
                            "there are "
                                    + signed(entries)
                                    + " entries, "
                                    + signedBytes(bytes)
                                    + ": "
                                    + Units.count(diff.added().count())
                                    + " were added, "
                                    + Units.count(diff.removed().count())
                                    + " removed",
                            bytes));
        } else if (diff.removed().count() > 0) {
            causes.add(
                    new Cause(
                            Code.REMOVED_ENTRIES,
                            counted(diff.removed().count(), "entry was", "entries were")
                                    + " removed, "
                                    + Units.count(diff.added().count())
                                    + " added: "
                                    + signedBytes(bytes),
                            bytes));
        }
        if (diff.changed().count() > 0) {
            long growth = diff.changed().bytesAfter() - diff.changed().bytesBefore();
            causes.add(
                    new Cause(
                            Code.CHANGED_VALUES,
                            counted(
                                            diff.changed().count(),
                                            "entry has another value",
                                            "entries have other values")
                                    + ", "
                                    + signedBytes(growth),
                            growth));
        }
        addKey(diff, causes);
        addKeyGroup(diff, causes);
        addTimers(diff, causes);
        addGarbage(diff, causes);
        addClipped(diff, causes);
        StateView after = diff.after();
        if (after != null && diff.added().count() > 0 && TtlAges.has(MergedState.columns(after))) {
            causes.add(
                    new Cause(
                            Code.TIME_TO_LIVE,
                            "it has a time to live, and "
                                    + Units.count(diff.added().count())
                                    + " entries came while "
                                    + Units.count(diff.removed().count())
                                    + " went: they stay until that is over and a compaction meets"
                                    + " them (\"flink-lsm health --ttl\" tells how many are"
                                    + " expired)",
                            bytes));
        }
        long half = Math.abs(diff.liveBytesGrowth()) / 2;
        causes.sort(
                Comparator.comparing((Cause cause) -> !cause.tellsWhy(half))
                        .thenComparingLong(cause -> -Math.abs(cause.bytes())));
        return causes;
    }

    private boolean tellsWhy(long half) {
        return switch (code) {
            case ONE_KEY, KEY_GROUP, DISTANT_TIMERS, TIME_TO_LIVE -> bytes > 0 && bytes >= half;
            default -> false;
        };
    }

    private static void addKeyGroup(StateDiff diff, List<Cause> causes) {
        GrowthPlaces places = diff.places();
        long growth = diff.liveBytesGrowth();
        int groups = diff.view().operator().maxParallelism();
        boolean isOneKey =
                !diff.growing().isEmpty()
                        && diff.growing().get(0).bytes() >= places.keyGroupBytes() / 2;
        if (places.keyGroup() < 0
                || groups <= GROUP_TIMES
                || growth < GROWTH_BYTES_MIN
                || isOneKey
                || places.keyGroupBytes() < KEY_SHARE * growth
                || places.keyGroupBytes() < (double) GROUP_TIMES * growth / groups) {
            return;
        }
        causes.add(
                new Cause(
                        Code.KEY_GROUP,
                        "key group "
                                + places.keyGroup()
                                + " of "
                                + groups
                                + " alone has "
                                + String.format(
                                        Locale.ROOT,
                                        "%.0f %%",
                                        Math.min(1, (double) places.keyGroupBytes() / growth) * 100)
                                + " of it: "
                                + signedBytes(places.keyGroupBytes())
                                + "; the keys are skewed",
                        places.keyGroupBytes()));
    }

    private static void addTimers(StateDiff diff, List<Cause> causes) {
        GrowthPlaces places = diff.places();
        if (places.distantTimers() > 0) {
            causes.add(
                    new Cause(
                            Code.DISTANT_TIMERS,
                            signed(places.distantTimers())
                                    + " timers are due in more than a year or never: each keeps"
                                    + " its key for as long",
                            places.distantBytes()));
        }
    }

    private static void addKey(StateDiff diff, List<Cause> causes) {
        if (diff.growing().isEmpty()) {
            return;
        }
        KeyGrowth key = diff.growing().get(0);
        long growth = diff.liveBytesGrowth();
        double share = growth == 0 ? 0 : (double) key.bytes() / growth;
        if (share >= KEY_SHARE
                && Math.abs(growth) >= GROWTH_BYTES_MIN
                && isOneOfSeveral(diff, key)) {
            causes.add(
                    new Cause(
                            Code.ONE_KEY,
                            "key "
                                    + key.name()
                                    + " alone has "
                                    + String.format(
                                            Locale.ROOT, "%.0f %%", Math.min(1, share) * 100)
                                    + " of it: "
                                    + signed(key.entries())
                                    + " entries, "
                                    + signedBytes(key.bytes()),
                            key.bytes()));
        }
    }

    /** A key that is all of the state does not stand out. */
    private static boolean isOneOfSeveral(StateDiff diff, KeyGrowth key) {
        return diff.growing().size() > 1
                || Math.abs(key.entries()) < diff.view().entryCount() - diff.tombstonesGrowth();
    }

    private static void addGarbage(StateDiff diff, List<Cause> causes) {
        StateView view = diff.view();
        long perEntry = view.entryCount() == 0 ? 0 : view.sizeBytes() / view.entryCount();
        long tombstones = diff.tombstonesGrowth();
        long overwritten = diff.deadEntriesGrowth() - tombstones;
        if (tombstones != 0) {
            causes.add(
                    new Cause(
                            Code.TOMBSTONES,
                            tombstones < 0
                                    ? counted(-tombstones, "tombstone is", "tombstones are")
                                            + " gone, merged away"
                                    : signed(tombstones)
                                            + " tombstones are stored that are not merged away yet",
                            tombstones * perEntry));
        }
        if (overwritten != 0) {
            causes.add(
                    new Cause(
                            Code.OVERWRITTEN,
                            (overwritten < 0
                                            ? counted(
                                                            -overwritten,
                                                            "overwritten or deleted entry is",
                                                            "overwritten or deleted entries are")
                                                    + " gone, merged away"
                                            : signed(overwritten)
                                                    + " overwritten or deleted entries are stored")
                                    + "; level 0 has "
                                    + counted(runs(diff.after()), "run", "runs")
                                    + ", "
                                    + runs(diff.before())
                                    + " before",
                            overwritten * perEntry));
        }
    }

    private static void addClipped(StateDiff diff, List<Cause> causes) {
        long clipped = clippedBytes(diff.after()) - clippedBytes(diff.before());
        if (clipped > 0) {
            causes.add(
                    new Cause(
                            Code.CLIPPED,
                            Units.bytes(clipped)
                                    + " of files came with a rescale and have entries of other"
                                    + " subtasks, too, until they are compacted",
                            clipped));
        }
    }

    private static int runs(@Nullable StateView view) {
        Set<String> runs = new HashSet<>();
        if (view != null) {
            for (StateView.Part part : view.parts()) {
                for (SstableMeta meta : part.sstables()) {
                    if (meta.level() == 0) {
                        runs.add(part.store().subtask() + "/" + meta.generation());
                    }
                }
            }
        }
        return runs.size();
    }

    private static long clippedBytes(@Nullable StateView view) {
        return view == null
                ? 0
                : view.sstables().stream()
                        .filter(meta -> meta.clip() != null)
                        .mapToLong(SstableMeta::sizeBytes)
                        .sum();
    }

    private static String counted(long count, String one, String many) {
        return Units.count(count) + " " + (count == 1 ? one : many);
    }

    /** Like {@code +1,234}. */
    public static String signed(long count) {
        return (count < 0 ? "-" : "+") + Units.count(Math.abs(count));
    }

    /** Like {@code +1.2 MiB}. */
    public static String signedBytes(long bytes) {
        return (bytes < 0 ? "-" : "+") + Units.bytes(Math.abs(bytes));
    }
}
