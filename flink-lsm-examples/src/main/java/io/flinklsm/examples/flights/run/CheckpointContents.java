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
package io.flinklsm.examples.flights.run;

import java.util.List;

/**
 * What a checkpoint holds, by state.
 *
 * @param checkpointId Flink's id
 * @param stores count of subtasks with state
 * @param states in the order of their names
 */
public record CheckpointContents(long checkpointId, int stores, List<StateFiles> states) {

    public CheckpointContents {
        states = List.copyOf(states);
    }

    /** Count of all SSTables. */
    public int sstables() {
        return states.stream().mapToInt(StateFiles::sstables).sum();
    }

    /**
     * The SSTables of one state, over all subtasks.
     *
     * @param state its name; a timer queue has a state of its own
     * @param levels that hold files, ascending
     */
    public record StateFiles(String state, List<LevelFiles> levels) {

        public StateFiles {
            levels = List.copyOf(levels);
        }

        int sstables() {
            return levels.stream().mapToInt(LevelFiles::sstables).sum();
        }

        long entries() {
            return levels.stream().mapToLong(LevelFiles::entries).sum();
        }

        long sizeBytes() {
            return levels.stream().mapToLong(LevelFiles::sizeBytes).sum();
        }
    }

    /**
     * The SSTables of one level.
     *
     * @param level from 0
     * @param sstables count
     * @param entries count, tombstones included
     * @param sizeBytes of the files
     */
    public record LevelFiles(int level, int sstables, long entries, long sizeBytes) {

        LevelFiles plus(LevelFiles other) {
            return new LevelFiles(
                    level,
                    sstables + other.sstables,
                    entries + other.entries,
                    sizeBytes + other.sizeBytes);
        }
    }
}
