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
package io.flinklsm.core.storage;

import java.io.IOException;

/** An open file, read at any position by any thread. The opener closes it. */
public interface StorageInput extends AutoCloseable {

    /**
     * @throws java.io.EOFException if the file ends before {@code byteCount} bytes; names the file
     */
    void readFully(long position, byte[] target, int at, int byteCount) throws IOException;

    /**
     * Reads ranges to the target, one behind the other from index 0 on; as {@link #readFully(long,
     * byte[], int, int)} for each of them.
     */
    default void readFully(FileRanges ranges, byte[] target) throws IOException {
        int at = 0;
        for (int i = 0; i < ranges.count(); i++) {
            readFully(ranges.position(i), target, at, ranges.byteCount(i));
            at += ranges.byteCount(i);
        }
    }

    /**
     * Whether several ranges take hardly longer than one, since the processor waits for all of them
     * at the same time: the file is in memory, or in that of the system.
     */
    default boolean readsTogether() {
        return false;
    }

    long size();

    /** Whether the range can be read without waiting for another machine. */
    default boolean answersAtOnce(long position, int byteCount) {
        return true;
    }

    @Override
    void close() throws IOException;
}
