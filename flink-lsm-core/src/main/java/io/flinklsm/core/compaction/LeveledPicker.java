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
package io.flinklsm.core.compaction;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.compaction.CompactionPlan.Reason;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.version.Level;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Few sources to read, at the price of writing more: each level below level 0 is one run, about a
 * fixed ratio larger than the one above.
 *
 * <ol>
 *   <li>Every level has a score: level 0 its runs over the trigger, the others their bytes over
 *       what they may hold. The highest score from 1 on goes first.
 *   <li>Level 0 goes down whole, with the part of level 1 that it overlaps, so that no SSTable of
 *       level 0 passes an older one that it overlaps: or, if a plan is at work in level 0, the runs
 *       that are older than its inputs.
 *   <li>That costs little if level 1 has little to add. While it has much, small runs are merged
 *       within level 0 instead ({@link RunWindow}): a byte is then written a few times more in
 *       small merges, and rarely together with all of level 1. This may go on beside a plan that
 *       takes older runs down.
 *   <li>Where a few more runs make the way down cheap, they are awaited: what is merged within
 *       level 0 just before it goes down is written once for nothing.
 *   <li>Of another level goes the SSTable that overlaps least of the next level for its size, which
 *       is what a byte of progress costs.
 *   <li>If no level is due: bottom SSTables that are mostly tombstones.
 * </ol>
 */
public record LeveledPicker(CompactionOptions options) implements CompactionPicker {

    /** Level 0 goes down if level 1 adds at most so many bytes for each of its own. */
    private static final int MAX_BELOW_PER_BYTE = 2;

    /** So many times the trigger are too many runs of level 0, whatever it costs to merge some. */
    private static final int MANY_TRIGGERS = 2;

    /**
     * So many times the trigger are the most runs that wait for their way down, older ones being on
     * it: no more than fit below the number at which writes are slowed down.
     */
    private static final int PATIENT_TRIGGERS = 3;

    private record Candidate(int level, double score) {}

    private record Choice(Sstable sstable, double costPerByte) {}

    @Override
    public @Nullable CompactionPlan pick(Version version, CompactionSlots slots) {
        List<Candidate> due = new ArrayList<>();
        double level0Score = (double) version.level0Runs() / options.level0Trigger();
        if (level0Score >= 1) {
            due.add(new Candidate(0, level0Score));
        }
        for (Level level : version.deeper()) {
            double score = (double) level.sizeBytes() / options.levelBytes(level.number());
            if (score > 1) {
                due.add(new Candidate(level.number(), score));
            }
        }
        due.sort(Comparator.comparingDouble(Candidate::score).reversed());
        for (Candidate candidate : due) {
            CompactionPlan plan =
                    candidate.level() == 0
                            ? pickLevel0(version, slots)
                            : pickLevel(version, runAt(version, candidate.level()), slots);
            if (plan != null) {
                return plan;
            }
        }
        return CompactionPicker.pickTombstones(version, slots, options);
    }

    private @Nullable CompactionPlan pickLevel0(Version version, CompactionSlots slots) {
        List<SortedRun> level0 = version.runs().subList(0, version.level0Runs());
        int firstBusy = 0;
        while (firstBusy < level0.size() && !slots.holds(level0.get(firstBusy))) {
            firstBusy++;
        }
        int lastBusy = level0.size() - 1;
        while (lastBusy >= 0 && !slots.holds(level0.get(lastBusy))) {
            lastBusy--;
        }
        CompactionPlan down = pickDown(version, level0.subList(lastBusy + 1, level0.size()), slots);
        List<SortedRun> newest = level0.subList(0, firstBusy);
        return down != null || isWayDownNear(version, newest)
                ? down
                : pickWithin(version, newest, slots);
    }

    /**
     * Whether runs like these can go down cheaply before they are too many. If so and nothing is in
     * their way, they do go down at {@link #MANY_TRIGGERS} at the latest.
     */
    private boolean isWayDownNear(Version version, List<SortedRun> newest) {
        if (newest.isEmpty() || newest.size() >= PATIENT_TRIGGERS * options.level0Trigger()) {
            return false;
        }
        SortedRun below = CompactionPicker.part(version, 1, CompactionPicker.hull(newest));
        long belowBytes = below == null ? 0 : below.sizeBytes();
        // belowBytes / MAX_BELOW_PER_BYTE, in runs of their mean size.
        double wantedRuns =
                (double) belowBytes
                        * newest.size()
                        / MAX_BELOW_PER_BYTE
                        / Math.max(1, bytes(newest));
        return wantedRuns <= MANY_TRIGGERS * options.level0Trigger();
    }

    /** The oldest runs of level 0 into level 1, if that is cheap. */
    private @Nullable CompactionPlan pickDown(
            Version version, List<SortedRun> oldest, CompactionSlots slots) {
        if (oldest.size() < options.level0Trigger()) {
            return null;
        }
        List<SortedRun> inputs = new ArrayList<>(oldest);
        SortedRun below = CompactionPicker.part(version, 1, CompactionPicker.hull(inputs));
        if (below != null) {
            if (below.sizeBytes() > MAX_BELOW_PER_BYTE * bytes(oldest)) {
                return null;
            }
            inputs.add(below);
        }
        CompactionPlan plan = CompactionPlan.of(Reason.LEVEL_0, version, inputs, 1, options);
        return slots.admits(plan) ? plan : null;
    }

    /** Some of the newest runs of level 0 into one: alike in size, or any if they are too many. */
    private @Nullable CompactionPlan pickWithin(
            Version version, List<SortedRun> newest, CompactionSlots slots) {
        int trigger = options.level0Trigger();
        CompactionPlan balanced =
                RunWindow.cheapest(version, newest, trigger, true, slots, options);
        return balanced != null || newest.size() < MANY_TRIGGERS * trigger
                ? balanced
                : RunWindow.cheapest(version, newest, 2, false, slots, options);
    }

    private static long bytes(List<SortedRun> runs) {
        return runs.stream().mapToLong(SortedRun::sizeBytes).sum();
    }

    private static @Nullable SortedRun runAt(Version version, int level) {
        for (Level each : version.deeper()) {
            if (each.number() == level) {
                return each.run();
            }
        }
        return null;
    }

    private @Nullable CompactionPlan pickLevel(
            Version version, @Nullable SortedRun run, CompactionSlots slots) {
        if (run == null) {
            return null;
        }
        int level = run.level();
        Invariants.check(level > 0, "level 0 is picked by its runs", "level", level);
        SortedRun next = runAt(version, level + 1);
        List<Choice> choices = new ArrayList<>();
        for (int i = 0; i < run.sstables().size(); i++) {
            Sstable sstable = run.sstables().get(i);
            long belowBytes = next == null ? 0 : next.overlappingBytes(run.range(i));
            choices.add(
                    new Choice(
                            sstable,
                            (double) belowBytes / Math.max(1, sstable.meta().sizeBytes())));
        }
        choices.sort(
                Comparator.comparingDouble(Choice::costPerByte)
                        .thenComparing(choice -> choice.sstable().meta().generation()));
        for (Choice choice : choices) {
            SortedRun one = new SortedRun(level, List.of(choice.sstable()));
            SortedRun below = CompactionPicker.part(version, level + 1, one.range(0));
            CompactionPlan plan =
                    CompactionPlan.of(
                            Reason.LEVEL_SIZE,
                            version,
                            below == null ? List.of(one) : List.of(one, below),
                            level + 1,
                            options);
            if (slots.admits(plan)) {
                return plan;
            }
        }
        return null;
    }

    @Override
    public @Nullable CompactionPlan pickAll(Version version) {
        return version.isEmpty()
                ? null
                : CompactionPlan.of(
                        Reason.ALL,
                        version,
                        version.runs(),
                        Math.max(1, version.deepestLevel()),
                        options);
    }

    @Override
    public long debtBytes(Version version) {
        long debt = 0;
        if (version.level0Runs() >= options.level0Trigger()) {
            debt += bytes(version.runs().subList(0, version.level0Runs()));
        }
        for (Level level : version.deeper()) {
            debt += Math.max(0, level.sizeBytes() - options.levelBytes(level.number()));
        }
        return debt;
    }
}
