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
package io.flinklsm.core.version;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.sstable.SstableMeta;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Knows of every file of a store who still lists it: live Versions of any tree, checkpoints,
 * manifests. A file that nothing lists any more is handed out for deletion, once; the thread that
 * deletes does so without locks and brings back what could not be deleted.
 *
 * <pre>
 * created ──► pinned (count ≥ 1) ──► unreferenced ──► taken ──► deleted
 *    └───────────────────────────────────▲      ▲───────┘ failed
 * </pre>
 *
 * <p>A file that never was pinned here is of no concern here and is never handed out: files that
 * others keep in the storage are safe. Pins count per listing, so a file that is listed twice with
 * different clips needs both gone. Safe for any thread; pin before the last pin of others goes.
 */
public final class ObsoleteFiles {

    // Guarded by this.
    private final Map<String, Integer> pins = new HashMap<>();
    private final Set<String> unreferenced = new LinkedHashSet<>();
    private final Set<String> taken = new LinkedHashSet<>();

    /** Tells of new files, before anything lists them: unless they are pinned, they go. */
    public synchronized void created(Collection<SstableMeta> metas) {
        for (SstableMeta meta : metas) {
            Invariants.check(
                    !taken.contains(meta.fileName()),
                    "a new file has the name of one that is being deleted");
            if (!pins.containsKey(meta.fileName())) {
                unreferenced.add(meta.fileName());
            }
        }
    }

    /** Keeps the files, until as many {@link #unpin}. */
    public synchronized void pin(Collection<SstableMeta> metas) {
        for (SstableMeta meta : metas) {
            Invariants.check(
                    !taken.contains(meta.fileName()), "a file was pinned that is being deleted");
            pins.merge(meta.fileName(), 1, Integer::sum);
            unreferenced.remove(meta.fileName());
        }
    }

    /**
     * @throws IllegalStateException if a file is not pinned
     */
    public synchronized void unpin(Collection<SstableMeta> metas) {
        for (SstableMeta meta : metas) {
            String name = meta.fileName();
            Integer count = pins.get(name);
            if (count == null) {
                throw new IllegalStateException(
                        "[" + name + "] the file was unpinned more often than pinned");
            }
            if (count > 1) {
                pins.put(name, count - 1);
            } else {
                pins.remove(name);
                Invariants.check(
                        !unreferenced.contains(name), "a file was pinned and unreferenced at once");
                unreferenced.add(name);
            }
        }
    }

    public synchronized boolean hasDeletable() {
        return !unreferenced.isEmpty();
    }

    /**
     * Names of the files that nothing lists. The caller deletes them, and reports each that it
     * could not delete with {@link #deleteFailed}.
     */
    public synchronized List<String> takeDeletable() {
        List<String> names = new ArrayList<>(unreferenced);
        unreferenced.clear();
        if (Invariants.ENABLED) {
            for (String name : names) {
                Invariants.check(!pins.containsKey(name), "a file that is listed would be deleted");
            }
            taken.addAll(names);
        }
        return names;
    }

    /** The file is still there: it is handed out again. */
    public synchronized void deleteFailed(String fileName) {
        Invariants.check(!pins.containsKey(fileName), "a file that is listed was to be deleted");
        taken.remove(fileName);
        unreferenced.add(fileName);
    }

    public synchronized boolean isPinned(String fileName) {
        return pins.containsKey(fileName);
    }

    /** How many files are pinned. */
    public synchronized int pinnedFiles() {
        return pins.size();
    }
}
