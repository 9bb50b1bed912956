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
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The current Version of one tree, and how many hold it and the Versions before it: a Version's
 * files stay as long as it is current or pinned.
 *
 * <p>Changed under the store's lock only (by the verbs of a tree's state); {@link #current()} may
 * be read by any thread, but its files are safe to read only for who holds a pin.
 */
public final class VersionSet {

    private final String treeName;
    private final OpenSstables openSstables;
    private final ObsoleteFiles obsoleteFiles;

    // Guarded by the store's lock: pins of each Version that has any, one for being current.
    private final Map<Version, Integer> pins = new IdentityHashMap<>();

    // Written under the store's lock, read by any thread.
    private volatile Version current;

    /** Takes over the initial Version, whose files no other owner may delete. */
    public VersionSet(
            String treeName,
            OpenSstables openSstables,
            ObsoleteFiles obsoleteFiles,
            Version initial) {
        this.treeName = treeName;
        this.openSstables = openSstables;
        this.obsoleteFiles = obsoleteFiles;
        check(initial);
        this.current = initial;
        pin(initial);
    }

    public Version current() {
        return current;
    }

    /** The current Version, to be given back with {@link #unpin}. */
    public Version pinCurrent() {
        Version version = current;
        pin(version);
        return version;
    }

    /** Gives a pin back; the files that only it kept become deletable. */
    public void unpin(Version version) {
        if (Invariants.ENABLED && version == current) {
            // The set itself holds one, until the next Version is current.
            int holders = pins.getOrDefault(version, 0);
            Invariants.check(
                    holders > 1, "the current Version loses its last pin", "pins", holders);
        }
        Integer count = pins.get(version);
        if (count == null) {
            throw new IllegalStateException(
                    "[tree " + treeName + "] a Version was unpinned more often than pinned");
        }
        if (count > 1) {
            pins.put(version, count - 1);
        } else {
            pins.remove(version);
            obsoleteFiles.unpin(version.metas());
        }
    }

    /**
     * Makes the next Version current.
     *
     * @return the new current Version
     * @throws IllegalStateException if the edit does not fit the current Version; nothing has
     *     changed then
     */
    public Version apply(VersionEdit edit) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    pins.containsKey(current),
                    "the current Version is not pinned",
                    "live",
                    pins.size());
        }
        Map<SstableId, Sstable> sstables = new LinkedHashMap<>();
        for (Sstable sstable : current.sstables()) {
            sstables.put(SstableId.of(sstable.meta()), sstable);
        }
        for (SstableMeta removed : edit.removed()) {
            if (sstables.remove(SstableId.of(removed)) == null) {
                throw misfit("removes an SSTable that is not there", removed);
            }
        }
        for (SstableMeta added : edit.added()) {
            if (!added.treeName().equals(treeName)) {
                throw misfit("adds an SSTable of another tree", added);
            }
            if (sstables.put(SstableId.of(added), openSstables.of(added)) != null) {
                throw misfit("adds an SSTable that is there already", added);
            }
        }
        Version next = Version.of(sstables.values());
        if (Invariants.ENABLED) {
            Invariants.check(
                    next.metas().size() == sstables.size(),
                    "a Version lists other SSTables than it was made of",
                    "listed",
                    next.metas().size(),
                    "given",
                    sstables.size());
        }
        check(next);
        install(next);
        return next;
    }

    /** Leaves the tree without SSTables: files go when nothing pins them. */
    public void clear() {
        install(Version.EMPTY);
    }

    /** How many Versions are pinned, the current one included. */
    public int liveVersions() {
        return pins.size();
    }

    private void install(Version next) {
        Version last = current;
        // In this order: what both list must not look obsolete in between.
        pin(next);
        current = next;
        unpin(last);
    }

    private void pin(Version version) {
        if (pins.merge(version, 1, Integer::sum) == 1) {
            obsoleteFiles.pin(version.metas());
        }
    }

    private void check(Version version) {
        if (Invariants.ENABLED) {
            VersionChecker.check(treeName, version);
        }
    }

    private IllegalStateException misfit(String what, SstableMeta meta) {
        Set<String> names = new HashSet<>();
        current.metas().forEach(each -> names.add(each.fileName()));
        return new IllegalStateException(
                "[tree "
                        + treeName
                        + " / "
                        + meta.fileName()
                        + "] an edit "
                        + what
                        + ": treeName="
                        + meta.treeName()
                        + ", level="
                        + meta.level()
                        + ", current SSTables="
                        + names.size());
    }
}
