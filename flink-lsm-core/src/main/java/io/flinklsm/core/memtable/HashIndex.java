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

/** Hash of the whole key → entry. */
final class HashIndex implements MemtableIndex {

    private final HashTable table;

    HashIndex(Arena arena) {
        table = new HashTable(arena);
    }

    @Override
    public int find(KeyBuffer key) {
        return table.find(key.array(), key.length(), key.hash());
    }

    @Override
    public int findForWrite(KeyBuffer key) {
        return find(key);
    }

    @Override
    public boolean prepare(KeyBuffer key) {
        return table.prepare(key.hash());
    }

    @Override
    public int headroomBytes() {
        return 0;
    }

    @Override
    public void insert(KeyBuffer key, int entry) {
        table.insert(key.hash(), entry);
    }

    @Override
    public void collect(int[] refs) {
        table.collect(refs);
    }
}
