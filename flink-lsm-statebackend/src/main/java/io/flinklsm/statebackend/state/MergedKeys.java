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

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * The keys of several scans, each once: all walk in the same order, so equal keys meet. Owns the
 * scans.
 */
final class MergedKeys<K> implements AutoCloseable {

    private final List<KeyScan<K, ?>> all;
    private final List<KeyScan<K, ?>> live = new ArrayList<>();
    private boolean started;
    private @Nullable K key;

    MergedKeys(List<? extends KeyScan<K, ?>> scans) {
        all = List.copyOf(scans);
    }

    /** Moves to the next key; false at the end. */
    boolean next() {
        if (!started) {
            started = true;
            for (KeyScan<K, ?> scan : all) {
                if (scan.next()) {
                    live.add(scan);
                }
            }
        }
        if (live.isEmpty()) {
            return false;
        }
        KeyScan<K, ?> least = live.get(0);
        for (KeyScan<K, ?> scan : live) {
            if (scan.compareKeyTo(least) < 0) {
                least = scan;
            }
        }
        key = least.key();
        // The least itself moves last: the others are compared with where it stands.
        KeyScan<K, ?> smallest = least;
        live.removeIf(scan -> scan != smallest && scan.compareKeyTo(smallest) == 0 && !scan.next());
        if (!smallest.next()) {
            live.remove(smallest);
        }
        return true;
    }

    K key() {
        return Objects.requireNonNull(key, "key");
    }

    @Override
    public void close() {
        try {
            IOUtils.closeAll(all);
        } catch (Exception e) {
            throw new FlinkRuntimeException(
                    "the scans over states' keys could not be closed; the cause tells what to mend",
                    e);
        }
    }
}
