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
    /** By the hash of the whole key: point lookups only; sorted once they are frozen. */
    HASH,
    /**
     * By the hash of the key's prefix, with which every key is given, and in order behind it: also
     * iterates one prefix. With a merge operator like {@link #ORDERED}.
     */
    PREFIX_HASH,
    /** Always ordered: also ranges while it is active. For queues of timers. */
    ORDERED
}
