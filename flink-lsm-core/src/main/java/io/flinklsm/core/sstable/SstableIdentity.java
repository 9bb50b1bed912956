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
package io.flinklsm.core.sstable;

/**
 * Which SSTable it is: where it belongs and how old it is. Stays the same wherever the file moves.
 *
 * @param fileName name in the storage, globally unique; see {@code storage.FileName}
 * @param generation age: newer wins
 * @param minWriteTimeMillis time before which none of the entries was written
 * @param maxWriteTimeMillis time after which none was written
 */
public record SstableIdentity(
        String fileName,
        String treeName,
        long generation,
        long minWriteTimeMillis,
        long maxWriteTimeMillis) {

    public SstableIdentity {
        if (generation < 0) {
            throw new IllegalArgumentException(
                    "[" + fileName + "] a generation is negative: generation=" + generation);
        }
        if (minWriteTimeMillis > maxWriteTimeMillis) {
            throw new IllegalArgumentException(
                    "["
                            + fileName
                            + "] write times are turned around: min="
                            + minWriteTimeMillis
                            + ", max="
                            + maxWriteTimeMillis);
        }
    }
}
