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

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operator of the checkpointed job.
 *
 * @param subtaskStates how many subtasks have any state in the checkpoint
 * @param stores keyed state of ours, one a subtask
 * @param operatorStores operator state, one for each file of a subtask
 * @param totalBytes all that the checkpoint refers to for this operator
 */
public record Operator(
        Id id,
        int parallelism,
        int maxParallelism,
        int subtaskStates,
        List<SubtaskStore> stores,
        List<SubtaskStore> operatorStores,
        Others others,
        long totalBytes) {

    public Operator {
        stores = List.copyOf(stores);
        operatorStores = List.copyOf(operatorStores);
    }

    /**
     * What it is known by.
     *
     * @param uidHash 32 hexadecimal digits; empty for a store directory
     * @param name null if the checkpoint does not say, as those of old Flinks
     * @param uid null if the job gave none
     */
    public record Id(String uidHash, @Nullable String name, @Nullable String uid) {

        /** What people call it: the name, else the uid, else the hash. */
        String label() {
            if (name != null) {
                return name;
            }
            return uid != null ? uid : uidHash;
        }
    }

    /**
     * What is not ours.
     *
     * @param states operator state, and keyed state of other backends
     * @param files those of what is not ours
     */
    public record Others(List<OtherState> states, List<OtherFile> files, long coordinatorBytes) {

        public Others {
            states = List.copyOf(states);
            files = List.copyOf(files);
        }
    }

    /**
     * State that this program lists and does not open.
     *
     * @param kind such as {@code operator-list}, {@code broadcast}, {@code keyed (other backend)}
     * @param isKeyed whether it is keyed state that another backend wrote
     */
    public record OtherState(String name, String kind, boolean isKeyed, long bytes) {}

    /** 32 hexadecimal digits; empty for a store directory. */
    public String uidHash() {
        return id.uidHash();
    }

    /** What people call it. */
    public String label() {
        return id.label();
    }
}
