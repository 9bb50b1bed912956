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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one generation: what a tree was given between two freezes. No write follows once
 * it is frozen, so any thread may read it. A flush makes SSTables of it.
 *
 * <p>Reference counted: created with one reference, its memory may be used for other entries once
 * the last one is released.
 */
public interface Flushable {

    /** Age of this source: newer wins. */
    long generation();

    /** Entries, tombstones included; exact once frozen. */
    int entryCount();

    /** Bytes of memory held. */
    long usedBytes();

    /** Start of its entries' write time. */
    long minWriteTimeMillis();

    /** Time of the freeze. */
    long maxWriteTimeMillis();

    /**
     * The entries in the range, in key order. Retains this until it is closed; once frozen only.
     */
    EntryCursor cursor(KeyRange range);

    /** A key that parts the entries into halves; null if there are none. Once frozen only. */
    @Nullable OwnedSlice middleKey();

    /** Takes a reference; false if the last one was released already. */
    boolean tryRetain();

    /** Gives a reference back. */
    void release();
}
