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

import io.flinklsm.inspect.source.StateView;

/**
 * Something that is not well with a state.
 *
 * @param code a word for scripts
 * @param text what was found, as a sentence
 * @param advice what to do about it, as a sentence
 * @param value the figure that is too large
 * @param threshold from which on it is told
 * @param bytes how much data it is about, for the order of findings
 */
public record HealthFinding(
        Code code,
        StateView view,
        String text,
        String advice,
        double value,
        double threshold,
        long bytes) {

    /** What can be found. */
    public enum Code {
        /** One key takes much of a state. */
        LARGE_KEY,
        /** One key group takes much more than the others. */
        KEY_GROUP_SKEW,
        /** One subtask has much more than the others. */
        SUBTASK_SKEW,
        /** Entries are over their time to live and still there. */
        EXPIRED,
        /** Timers are due in years, or never. */
        DISTANT_TIMERS,
        /** Timers should have fired long ago. */
        OVERDUE_TIMERS,
        /** Much of what is stored is deleted. */
        TOMBSTONES,
        /** Much of what is stored was overwritten. */
        OVERWRITTEN,
        /** Level 0 waits for a compaction. */
        LEVEL0_RUNS,
        /** Files have entries of other key groups, after a rescale. */
        CLIPPED,
        /** Keys or values stay bytes. */
        OPAQUE,
        /** There are very many small files. */
        SMALL_FILES
    }
}
