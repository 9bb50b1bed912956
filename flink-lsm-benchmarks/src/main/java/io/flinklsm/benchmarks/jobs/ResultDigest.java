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
package io.flinklsm.benchmarks.jobs;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.core.memory.MemorySegment;

/**
 * The result of the job that runs in this JVM, folded to a few numbers that do not depend on the
 * order of rows: a row that is taken back cancels the one it takes back. Any thread.
 *
 * @param rows rows that are there at the end
 * @param changes rows that came, of any kind
 * @param hash sum of the hashes of the rows that are there at the end
 */
record ResultDigest(long rows, long changes, long hash) {

    // One job runs in a JVM at a time; Flink makes the sinks, so that they can only meet here.
    private static final AtomicLong ROWS = new AtomicLong();
    private static final AtomicLong CHANGES = new AtomicLong();
    private static final AtomicLong HASH = new AtomicLong();

    /** Forgets everything, for a new job. */
    static void reset() {
        ROWS.set(0);
        CHANGES.set(0);
        HASH.set(0);
    }

    /** Adds a row to the result, or takes it away. */
    static void fold(boolean adds, long rowHash) {
        CHANGES.incrementAndGet();
        ROWS.addAndGet(adds ? 1 : -1);
        HASH.addAndGet(adds ? rowHash : -rowHash);
    }

    /** What was folded since the last reset. */
    static ResultDigest current() {
        return new ResultDigest(ROWS.get(), CHANGES.get(), HASH.get());
    }

    /** A hash of bytes in which every bit counts; the length is a multiple of 8. */
    static long hash(MemorySegment segment, int offset, int byteCount) {
        long hash = byteCount;
        for (int i = offset; i < offset + byteCount; i += Long.BYTES) {
            hash = mix(hash ^ segment.getLong(i));
        }
        return hash;
    }

    /** Spreads the bits of a number (the finaliser of SplitMix64). */
    static long mix(long bits) {
        long mixed = bits + 0x9E37_79B9_7F4A_7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ (mixed >>> 31);
    }
}
