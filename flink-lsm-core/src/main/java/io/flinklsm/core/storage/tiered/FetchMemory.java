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
package io.flinklsm.core.storage.tiered;

/**
 * The memory that bytes from remote storage may take before they are on the local disk, or where
 * they never come there. Safe for any thread.
 */
public interface FetchMemory {

    /** Without a limit, for stores that account for nothing. */
    FetchMemory UNLIMITED =
            new FetchMemory() {
                @Override
                public boolean tryReserve(long bytes) {
                    return true;
                }

                @Override
                public void release(long bytes) {}
            };

    /** Does not wait; false if there is not so much. */
    boolean tryReserve(long bytes);

    void release(long bytes);
}
