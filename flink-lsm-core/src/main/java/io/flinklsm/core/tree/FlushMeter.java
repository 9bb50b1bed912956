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

/** Hears of the flushes of a slot while they run. Safe for any thread. */
public interface FlushMeter {

    /** A flush that runs. Ends when it is closed, whatever became of it. */
    interface Run extends FlushProgress, AutoCloseable {

        @Override
        void close();
    }

    /** A flush begins that frees its generations when it ends; close what is returned then. */
    Run begin(long entryCount);

    /** Whether a flush runs. */
    boolean isFlushing();
}
