package io.flinklsm.core.version;

import io.flinklsm.core.sstable.SstableMeta;
import java.util.List;

/**
 * The difference between two Versions of one tree: what a flush or a compaction did.
 *
 * @param removed metas of the current Version
 * @param added new SSTables, or removed ones at another level (a trivial move)
 */
public record VersionEdit(List<SstableMeta> removed, List<SstableMeta> added) {

    public VersionEdit {
        removed = List.copyOf(removed);
        added = List.copyOf(added);
    }
}
