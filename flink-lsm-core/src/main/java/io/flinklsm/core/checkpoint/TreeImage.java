package io.flinklsm.core.checkpoint;

import io.flinklsm.core.sstable.SstableMeta;
import java.util.List;

/**
 * One tree in a checkpoint image.
 *
 * @param sstables level 0 first, newest generation first; then level by level in key order
 */
public record TreeImage(String treeName, List<SstableMeta> sstables) {

    public TreeImage {
        sstables = List.copyOf(sstables);
    }
}
