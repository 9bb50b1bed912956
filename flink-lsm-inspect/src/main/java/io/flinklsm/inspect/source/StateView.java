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
package io.flinklsm.inspect.source;

import io.flinklsm.core.manifest.TreeNames;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.savepoint.OperatorRows;
import io.flinklsm.inspect.savepoint.StateRows;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * One state of one operator, over all its subtasks.
 *
 * @param treeName {@code kv/}, {@code pq/}, or for operator state {@code op/}, and the name
 * @param parts one a subtask that has the tree; their key groups are disjoint, in ascending order
 */
public record StateView(Operator operator, String treeName, List<Part> parts) {

    public StateView {
        parts = List.copyOf(parts);
    }

    /**
     * The tree in one subtask's store.
     *
     * @param sstables level 0 first, newest generation first; then level by level in key order
     */
    public record Part(SubtaskStore store, List<SstableMeta> sstables) {

        public Part {
            sstables = List.copyOf(sstables);
        }

        /** Whether it has no entries. */
        public boolean isEmpty() {
            return sstables.isEmpty() && store.rows() == null;
        }
    }

    /** The same state, of some of its subtasks. */
    public StateView of(List<Part> some) {
        return new StateView(operator, treeName, some);
    }

    /** Whether it has no entries in any subtask. */
    public boolean isEmpty() {
        return parts.stream().allMatch(Part::isEmpty);
    }

    /** As the job names it. */
    public String name() {
        return TreeNames.nameIn(treeName);
    }

    /** Whether it is a queue of timers. */
    public boolean isQueue() {
        return TreeNames.isQueue(treeName);
    }

    public List<SstableMeta> sstables() {
        List<SstableMeta> all = new ArrayList<>();
        parts.forEach(part -> all.addAll(part.sstables()));
        return all;
    }

    /** Whether it has no keys, but elements of each subtask. */
    public boolean isOperatorState() {
        return OperatorRows.isOperatorState(treeName);
    }

    /** Whether it has rows, and no SSTables: in a format of Flink's, see {@link #format}. */
    public boolean isRows() {
        return parts.stream().anyMatch(part -> part.store().rows() != null);
    }

    /** Which format its bytes are in: "lsm" for SSTables, else that of its rows. */
    public String format() {
        for (Part part : parts) {
            StateRows rows = part.store().rows();
            if (rows != null) {
                return rows.format();
            }
        }
        return "lsm";
    }

    /** Of all levels, so that a key in two levels counts twice; tombstones and operands count. */
    public long entryCount() {
        return sum(SstableMeta::entryCount);
    }

    public long tombstoneCount() {
        return sum(SstableMeta::tombstoneCount);
    }

    public long mergeCount() {
        return sum(SstableMeta::mergeCount);
    }

    /** Of its SSTables; of rows, which stand between those of other states, the whole files. */
    public long sizeBytes() {
        long rowBytes = 0;
        for (Part part : parts) {
            StateRows rows = part.store().rows();
            rowBytes += rows == null ? 0 : rows.sizeBytes();
        }
        return rowBytes + sum(SstableMeta::sizeBytes);
    }

    /** Bytes that were read of the stores of these states so far; for progress. */
    public static long bytesRead(List<StateView> views) {
        Set<SourceStorage> storages = new HashSet<>();
        for (StateView view : views) {
            view.parts().forEach(part -> storages.add(part.store().storage()));
        }
        return storages.stream().mapToLong(SourceStorage::bytesRead).sum();
    }

    private long sum(ToLongFunction<SstableMeta> figure) {
        long sum = 0;
        for (Part part : parts) {
            for (SstableMeta sstable : part.sstables()) {
                sum += figure.applyAsLong(sstable);
            }
        }
        return sum;
    }

    /**
     * The key group of a key, as Flink assigns it; -1 if the operator's maximum parallelism is
     * unknown.
     *
     * @param keyHash the key's own hash code
     */
    public int keyGroupOf(int keyHash) {
        int maxParallelism = operator.maxParallelism();
        return maxParallelism <= 0
                ? -1
                : KeyGroupRangeAssignment.computeKeyGroupForKeyHash(keyHash, maxParallelism);
    }

    /** Bytes of the key's key-group prefix, by the operator's maximum parallelism; 0 if unknown. */
    public int keyGroupBytes() {
        if (operator.maxParallelism() <= 0) {
            return 0;
        }
        return operator.maxParallelism() > 128 ? 2 : 1;
    }
}
