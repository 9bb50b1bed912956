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
package io.flinklsm.statebackend.state;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.statebackend.key.KeyReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the keys of one state, each once, as of the moment it was opened. In order of key
 * group and serialised key. Pins the tree's files until it is closed.
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 */
final class KeyScan<K, N> implements AutoCloseable {

    private final LsmTree tree;
    private final EntryCursor cursor;
    private final KeyReader<K, N> row;
    private final boolean map;
    private final byte @Nullable [] namespaceBytes;

    // Of the current row.
    private final Slice seenPrefix = new Slice();
    private boolean seen;
    private @Nullable K key;
    private @Nullable N namespace;

    private KeyScan(
            LsmTree tree,
            EntryCursor cursor,
            KeyReader<K, N> row,
            boolean map,
            byte @Nullable [] namespaceBytes) {
        this.tree = tree;
        this.cursor = cursor;
        this.row = row;
        this.map = map;
        this.namespaceBytes = namespaceBytes;
    }

    /** The keys that have something in one namespace. */
    static <K, N> KeyScan<K, N> ofNamespace(
            LsmTree tree, KeyReader<K, N> row, boolean map, N namespace) throws IOException {
        byte[] namespaceBytes = row.namespaceBytes(namespace);
        return new KeyScan<>(tree, tree.scan(KeyRange.ALL), row, map, namespaceBytes);
    }

    /** The pairs of key and namespace. */
    static <K, N> KeyScan<K, N> ofAllNamespaces(LsmTree tree, KeyReader<K, N> row, boolean map)
            throws IOException {
        return new KeyScan<>(tree, tree.scan(KeyRange.ALL), row, map, null);
    }

    /** Moves to the next key (or pair); false at the end. */
    boolean next() {
        try {
            while (cursor.next()) {
                Slice bytes = cursor.key();
                // The other entries of a map whose key is known already.
                if (map && seen && bytes.startsWith(seenPrefix)) {
                    continue;
                }
                seen = false;
                row.set(bytes);
                key = row.readKey();
                if (namespaceBytes == null) {
                    namespace = row.readNamespace();
                    seenPrefix.setBytes(row.array(), 0, row.position());
                } else if (row.hasNamespace(namespaceBytes)) {
                    seenPrefix.setBytes(row.array(), 0, row.endOfNamespace(namespaceBytes));
                } else {
                    continue;
                }
                seen = true;
                return true;
            }
            return false;
        } catch (IOException e) {
            throw new FlinkRuntimeException(
                    "["
                            + tree.name()
                            + "] the state's keys could not be read; the cause tells what to mend",
                    e);
        }
    }

    /** The key; after a {@link #next} that was true. */
    K key() {
        return Objects.requireNonNull(key, "key");
    }

    /** The pair of key and namespace; of a scan over all namespaces. */
    Tuple2<K, N> keyAndNamespace() {
        return Tuple2.of(key(), Objects.requireNonNull(namespace, "namespace"));
    }

    /** Order of key groups and serialised keys, which all scans of a backend share. */
    int compareKeyTo(KeyScan<K, ?> other) {
        return Arrays.compareUnsigned(
                row.array(), 0, row.keyEnd(), other.row.array(), 0, other.row.keyEnd());
    }

    @Override
    public void close() {
        try {
            cursor.close();
        } catch (IOException e) {
            throw new FlinkRuntimeException(
                    "["
                            + tree.name()
                            + "] the scan over the state's keys could not be closed; the cause"
                            + " tells what to mend",
                    e);
        }
    }
}
