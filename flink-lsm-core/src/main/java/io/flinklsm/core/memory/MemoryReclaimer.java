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
package io.flinklsm.core.memory;

/**
 * A holder of memory that can give it back: the block cache at once, a store by flushing in the
 * background.
 */
public interface MemoryReclaimer {

    /**
     * Releases, or starts to release, at least this much. Called from any thread that wants memory,
     * without locks held; must not wait.
     *
     * @return bytes released at once; 0 if nothing, or if it is on its way
     */
    long reclaim(long bytes);
}
