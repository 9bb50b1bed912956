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

/** A {@link DrawnCase} while it runs, and how far it is from being undone. One thread's. */
public final class DrawnRun {

    /** Clock reads cost about 25 ns: one for so many operations disappears in them. */
    private static final int OPERATIONS_PER_CLOCK_READ = 64;

    private final DrawnCase drawn;
    private long untilUndo;

    /** Sums what the operations return, so that none of them can be optimised away. */
    private long sink;

    /** Starts with a state that nothing was done to. */
    public DrawnRun(DrawnCase drawn) {
        this.drawn = drawn;
        untilUndo = operationsBetweenUndos();
    }

    /**
     * Runs until {@code endNanos} of {@link System#nanoTime} or until the case is to be undone.
     *
     * @return how many operations it did
     */
    public long runUntil(long endNanos) throws Exception {
        DrawnCase.Operation operation = drawn.operation();
        KeySource keys = drawn.keys();
        long done = 0;
        long sum = 0;
        while (done < untilUndo) {
            long batch = Math.min(OPERATIONS_PER_CLOCK_READ, untilUndo - done);
            for (int i = 0; i < batch; i++) {
                sum += operation.run(keys.next());
            }
            done += batch;
            if (System.nanoTime() >= endNanos) {
                break;
            }
        }
        untilUndo -= done;
        sink += sum;
        return done;
    }

    /** Undoes what was done, if every key has had its operations. */
    public void undoIfDue() throws Exception {
        if (untilUndo == 0) {
            undo();
        }
    }

    /** Leaves the state as large as it was, whichever keys have had operations by now. */
    void finish() throws Exception {
        if (untilUndo < operationsBetweenUndos()) {
            undo();
        }
    }

    private void undo() throws Exception {
        DrawnCase.Undo undo = drawn.undo();
        if (undo != null) {
            for (int i = 0; i < undo.keys().count(); i++) {
                sink += undo.operation().run(undo.keys().next());
            }
        }
        untilUndo = operationsBetweenUndos();
    }

    /** The sum of all answers. */
    long checksum() {
        return sink;
    }

    private long operationsBetweenUndos() {
        DrawnCase.Undo undo = drawn.undo();
        return undo == null ? Long.MAX_VALUE : undo.operationsBetween();
    }
}
