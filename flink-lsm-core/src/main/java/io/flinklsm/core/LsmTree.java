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
package io.flinklsm.core;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import java.io.IOException;

/**
 * The LSM of one Flink state: bytes in, bytes out. One thread writes (and opens scans); any thread
 * may call {@link #get}. A key or a value is at most 256 MiB long.
 *
 * <p>Every method throws {@link io.flinklsm.core.errors.StoreFailedException} once a flush or
 * compaction has failed.
 */
public final class LsmTree {

    LsmTree() {}

    public String name() {
        throw new UnsupportedOperationException();
    }

    public void put(KeyBuffer key, byte[] value, int from, int byteCount) throws IOException {
        throw new UnsupportedOperationException();
    }

    public void delete(KeyBuffer key) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Folds an operand into the key's value without reading it; needs the tree's merge operator.
     */
    public void merge(KeyBuffer key, byte[] operand, int from, int byteCount) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Copies the key's value to the buffer (replacing its content), merge operands folded in.
     *
     * @return false if the key has no value; the buffer is then empty
     */
    public boolean get(KeyBuffer key, ValueBuffer out) throws IOException {
        throw new UnsupportedOperationException();
    }

    public boolean contains(KeyBuffer key) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * The live entries (all PUT, operands folded) whose keys start with the prefix, as of now. For
     * trees of kind PREFIX_HASH (the prefix being one that keys were written with) and ORDERED this
     * freezes nothing; else like {@link #scan}. Writes while the cursor is open are allowed; it may
     * or may not show them.
     */
    public EntryCursor scanPrefix(KeyBuffer prefix) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Like {@link #scanPrefix}, only keys above {@code after} (a key with that prefix): to page
     * through.
     */
    public EntryCursor scanPrefixAfter(KeyBuffer prefix, KeyBuffer after) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * The live entries in the range at the time of the call: a stable view, later writes do not
     * show. Freezes the memtable unless it is empty. Pins memory and files until it is closed.
     */
    public EntryCursor scan(KeyRange range) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Replaces options (merge operator, filter); the memtable's kind counts from the next memtable
     * on.
     */
    public void configure(TreeOptions options) {
        throw new UnsupportedOperationException();
    }

    /** Flushes what is in memory and waits; for tests and tools. */
    public void flush() throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** Flushes, and merges everything into one bottom level, applying the filter; waits. */
    public void compactAll() throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    public TreeStats stats() {
        throw new UnsupportedOperationException();
    }
}
