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
 * Where the memory of a pool comes from.
 *
 * @param text an option, or words, for the log
 * @param accountedBytes what of it Flink has reserved as managed memory, and so plans the process
 *     with
 */
public record MemorySource(String text, long accountedBytes) {

    /** What of a pool of this size Flink knows nothing of. */
    public long unaccountedBytes(long limitBytes) {
        return Math.max(0, limitBytes - accountedBytes);
    }
}
