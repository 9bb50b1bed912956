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
package io.flinklsm.core.tree;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memtable.FrozenGeneration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which frozen generations of a tree go into one SSTable: the oldest, and the ones behind it up to
 * the next checkpoint barrier, as long as they are small: a writer that waits for memory would wait
 * longer for several large ones.
 *
 * @param oldestFirst at least one; adjacent in age
 * @param nothingOlder whether the tree has no SSTable that a tombstone or operand could concern
 */
public record FlushPlan(List<FrozenGeneration> oldestFirst, boolean nothingOlder) {

    public FlushPlan {
        oldestFirst = List.copyOf(oldestFirst);
        if (oldestFirst.isEmpty()) {
            throw new IllegalArgumentException(
                    "a flush needs a generation: nothingOlder=" + nothingOlder);
        }
        for (int i = 1; i < oldestFirst.size(); i++) {
            FrozenGeneration older = oldestFirst.get(i - 1);
            FrozenGeneration newer = oldestFirst.get(i);
            Invariants.check(
                    older.generation().number() < newer.generation().number(),
                    "generations of a flush do not stand oldest first",
                    "older",
                    older.generation().number(),
                    "newer",
                    newer.generation().number());
            Invariants.check(
                    older.barrier() == newer.barrier(),
                    "a flush writes what was frozen on both sides of a checkpoint",
                    "older",
                    older.barrier(),
                    "newer",
                    newer.barrier());
        }
    }

    /**
     * The next flush of this queue, or null if it is empty.
     *
     * @param maxBytes generations are added to the oldest until they hold as much
     */
    public static @Nullable FlushPlan of(
            List<FrozenGeneration> queueOldestFirst, boolean nothingOlder, long maxBytes) {
        if (queueOldestFirst.isEmpty()) {
            return null;
        }
        long barrier = queueOldestFirst.get(0).barrier();
        List<FrozenGeneration> group = new ArrayList<>();
        long bytes = 0;
        for (FrozenGeneration frozen : queueOldestFirst) {
            if (frozen.barrier() != barrier || bytes >= maxBytes) {
                break;
            }
            group.add(frozen);
            bytes += frozen.generation().usedBytes();
        }
        return new FlushPlan(group, nothingOlder);
    }

    /** Age of the SSTable: that of its newest generation. */
    public long generation() {
        return oldestFirst.get(oldestFirst.size() - 1).generation().number();
    }

    public long usedBytes() {
        return oldestFirst.stream().mapToLong(frozen -> frozen.generation().usedBytes()).sum();
    }
}
