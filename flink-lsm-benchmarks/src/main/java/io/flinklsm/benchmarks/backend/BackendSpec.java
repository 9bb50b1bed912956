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
package io.flinklsm.benchmarks.backend;

import java.util.List;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateHandle;

/**
 * Which keyed backend to open.
 *
 * @param operator its operator's name, its own in the slot
 * @param keyGroups the job's maximum parallelism
 * @param range the key groups of this backend
 * @param handles what it is restored from; none for an empty backend
 */
public record BackendSpec(
        String operator, int keyGroups, KeyGroupRange range, List<KeyedStateHandle> handles) {

    /** Flink's default for a small parallelism. */
    static final int KEY_GROUPS = 128;

    public BackendSpec {
        handles = List.copyOf(handles);
    }

    /** An empty backend with all key groups. */
    public static BackendSpec empty(String operator) {
        return new BackendSpec(
                operator, KEY_GROUPS, KeyGroupRange.of(0, KEY_GROUPS - 1), List.of());
    }

    /** The same, of a job with another maximum parallelism. */
    public BackendSpec withKeyGroups(int count) {
        return new BackendSpec(operator, count, KeyGroupRange.of(0, count - 1), handles);
    }

    /** The same with the key groups of subtask {@code index} of {@code parallelism}. */
    public BackendSpec ofSubtask(int index, int parallelism) {
        return new BackendSpec(
                operator,
                keyGroups,
                KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                        keyGroups, parallelism, index),
                handles);
    }

    /** The same, restored from {@code newHandles}. */
    public BackendSpec restoredFrom(List<KeyedStateHandle> newHandles) {
        return new BackendSpec(operator, keyGroups, range, newHandles);
    }

    /** Whether a key belongs to this backend. */
    public boolean owns(long key) {
        return range.contains(KeyGroupRangeAssignment.assignToKeyGroup(key, keyGroups));
    }
}
