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
package io.flinklsm.statebackend.memory;

/**
 * How many threads a backend asks for. The first of several that share them decides.
 *
 * @param compactionsOfSlot that run at a time
 * @param compactionsOfTaskManager that run at a time in all its slots, and as many flushes; 0 for
 *     as many as there are processors
 * @param readsOfTaskManager that run at a time in all its slots, for State V2
 */
public record ThreadRequest(
        int compactionsOfSlot, int compactionsOfTaskManager, int readsOfTaskManager) {

    /** A slot whose compactions are all stuck leaves a thread to the others. */
    int compactionThreads() {
        if (compactionsOfTaskManager > 0) {
            return compactionsOfTaskManager;
        }
        return Math.max(Runtime.getRuntime().availableProcessors(), compactionsOfSlot + 1);
    }
}
