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

import io.flinklsm.core.entry.KeyBuffer;

/**
 * Finds entries by key. One thread inserts, any thread finds; an entry is never taken out. The
 * memory is the arena's.
 *
 * <p>The writer inserts in three steps, so that a full budget leaves nothing half done: {@link
 * #prepare} makes room, the entry is created with the asked headroom, {@link #insert} cannot fail.
 */
sealed interface MemtableIndex permits HashIndex, PrefixHashIndex, BTreeIndex {

    /** The key's entry or {@link Arena#NO_REF}. Any thread. */
    int find(KeyBuffer key);

    /** Like {@link #find}, and remembers what a following insert of the key needs. Writer only. */
    int findForWrite(KeyBuffer key);

    /**
     * Makes room for one entry of the key that {@link #findForWrite} has just missed; false if the
     * budget has none now. Writer only.
     */
    boolean prepare(KeyBuffer key);

    /** Bytes in front of the next entry that the index will use; a multiple of 8. Writer only. */
    int headroomBytes();

    /** Makes the entry visible. After a successful prepare for its key only; writer only. */
    void insert(KeyBuffer key, int entry);

    /** Writes the refs of all entries to the array, in any order. Once frozen only. */
    void collect(int[] refs);
}
