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

/** How the entries of a tree that are in memory are found. */
public enum MemtableKind {
    /** Each by the hash of its key: an {@link EntryTier}. */
    ENTRIES,
    /**
     * Those of a map together, by the hash of the prefix that their keys share, and in order behind
     * it: a {@link MapTier}. Every key is given with its prefix; one prefix can be iterated, also
     * while it is written. Takes no merge operands. A queue of timers is a map, too.
     */
    MAPS
}
