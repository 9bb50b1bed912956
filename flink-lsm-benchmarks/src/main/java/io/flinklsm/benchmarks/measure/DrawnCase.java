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
package io.flinklsm.benchmarks.measure;

import io.flinklsm.benchmarks.workload.KeySource;
import io.flinklsm.benchmarks.workload.RandomPasses;
import org.jspecify.annotations.Nullable;

/**
 * A case whose keys are drawn, never walked through in the order of their insertion.
 *
 * @param name as the report shows it
 * @param unit what one unit is, for example {@code ops} or {@code entries}
 * @param unitsPerOperation how many units one operation is worth
 * @param keys where the keys come from
 * @param operation does what is measured, to a key
 * @param undo takes back what operations did, so that the state stays as large as it is; null where
 *     they leave its size alone
 */
public record DrawnCase(
        String name,
        String unit,
        int unitsPerOperation,
        KeySource keys,
        Operation operation,
        @Nullable Undo undo) {

    /** Does something to a key and returns what depends on the state's answer. */
    @FunctionalInterface
    public interface Operation {
        long run(int key) throws Exception;
    }

    /**
     * Done off the clock to every key whenever all keys have had so many operations, and at the
     * end, when some have had one less than others.
     *
     * @param keys gives out each key once in a pass; the case's own keys do so too
     * @param passes operations of each key before it is undone
     * @param operation takes back the operations of a key
     */
    record Undo(RandomPasses keys, int passes, Operation operation) {

        /** Operations of the case from one undoing to the next. */
        long operationsBetween() {
            return (long) keys.count() * passes;
        }
    }

    /** One operation is one unit, and the size of the state stays as it is. */
    public static DrawnCase of(String name, KeySource keys, Operation operation) {
        return new DrawnCase(name, "ops", 1, keys, operation, null);
    }

    /** The same where an operation is worth several units. */
    public DrawnCase counting(String newUnit, int units) {
        return new DrawnCase(name, newUnit, units, keys, operation, undo);
    }

    /** The same where operations change the size of the state. */
    public DrawnCase undoneBy(int passes, RandomPasses order, Operation undoing) {
        return new DrawnCase(
                name, unit, unitsPerOperation, keys, operation, new Undo(order, passes, undoing));
    }

    /** The same under another name. */
    public DrawnCase named(String newName) {
        return new DrawnCase(newName, unit, unitsPerOperation, keys, operation, undo);
    }
}
