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

import io.flinklsm.core.check.Invariants;
import java.io.Closeable;
import java.io.IOException;

/**
 * The part of one remote file that is on the local disk: aligned ranges of {@link #BYTES} bytes,
 * the last one shorter, each of which is whole or absent. Safe for any thread.
 */
interface Chunks extends Closeable {

    int SHIFT = 18;

    /** Size of a chunk: 256 KiB. */
    int BYTES = 1 << SHIFT;

    static int count(long fileBytes) {
        Invariants.check(
                fileBytes >= 0, "a file has fewer bytes than none", "fileBytes", fileBytes);
        return Math.toIntExact((fileBytes + BYTES - 1) >>> SHIFT);
    }

    static int at(long position) {
        Invariants.check(position >= 0, "a file begins at 0", "position", position);
        return (int) (position >>> SHIFT);
    }

    static long offset(int chunk) {
        return (long) chunk << SHIFT;
    }

    boolean has(int chunk);

    /**
     * Reads a range that lies within one chunk.
     *
     * @return false if the chunk is not here
     */
    boolean read(long position, byte[] target, int at, int byteCount) throws IOException;

    /**
     * Keeps a chunk; nothing happens if it is here.
     *
     * @param bytes the chunk's bytes begin at {@code from}, and are all there
     * @throws IOException if the local disk does not take them
     */
    void put(int chunk, byte[] bytes, int from, int byteCount) throws IOException;

    /** Bytes that are here. */
    long presentBytes();

    /** Gives the room on the local disk back. Idempotent. */
    @Override
    void close() throws IOException;
}
