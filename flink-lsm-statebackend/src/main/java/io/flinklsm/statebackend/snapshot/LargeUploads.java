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
package io.flinklsm.statebackend.snapshot;

import io.flinklsm.core.sstable.SstableMeta;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.runtime.checkpoint.SnapshotType.SharingFilesStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of checkpoints that upload more than half of a state, and says why: once for each reason.
 * Nothing is said of the first checkpoint, which has nothing to share, nor of a small state. Safe
 * for any thread.
 */
final class LargeUploads {

    /** A state below this is uploaded in no time. */
    static final long WORTH_BYTES = 64 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(LargeUploads.class);

    private enum Reason {
        NOT_INCREMENTAL(
                "incremental checkpoints are off; set execution.checkpointing.incremental to"
                        + " true."),
        FULL("a full checkpoint was asked for, as the first one after a restore without claim is."),
        NONE_CONFIRMED(
                "no earlier checkpoint is known to be complete, whose files could be shared; look"
                        + " at what lets checkpoints fail, or last longer than their interval."),
        REWRITTEN(
                "most files are new since the last complete checkpoint; a longer interval does not"
                        + " upload what is soon compacted, and"
                        + " state.backend.lsm.compaction.style size-tiered compacts less.");

        private final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    private final String owner;
    private final Set<Reason> told = ConcurrentHashMap.newKeySet();
    private volatile boolean hadCheckpoint;

    /**
     * @param owner names the backend in the log
     * @param restored whether the state comes from a checkpoint
     */
    LargeUploads(String owner, boolean restored) {
        this.owner = owner;
        this.hadCheckpoint = restored;
    }

    /**
     * A checkpoint is written.
     *
     * @param mayShare whether there were files of earlier checkpoints that it could refer to
     * @param uploaded which of the SSTables it uploaded
     */
    void written(
            long checkpointId,
            boolean incremental,
            SharingFilesStrategy sharing,
            boolean mayShare,
            Collection<SstableMeta> sstables,
            Set<String> uploaded) {
        long stateBytes = 0;
        long flushedBytes = 0;
        long compactedBytes = 0;
        for (SstableMeta sstable : sstables) {
            stateBytes += sstable.sizeBytes();
            if (uploaded.contains(sstable.fileName())) {
                if (sstable.level() == 0) {
                    flushedBytes += sstable.sizeBytes();
                } else {
                    compactedBytes += sstable.sizeBytes();
                }
            }
        }
        boolean isFirst = !hadCheckpoint;
        hadCheckpoint = true;
        long uploadedBytes = flushedBytes + compactedBytes;
        if (isFirst || stateBytes < WORTH_BYTES || uploadedBytes <= stateBytes / 2) {
            return;
        }
        Reason reason =
                !incremental
                        ? Reason.NOT_INCREMENTAL
                        : sharing == SharingFilesStrategy.FORWARD
                                ? Reason.FULL
                                : mayShare ? Reason.REWRITTEN : Reason.NONE_CONFIRMED;
        if (told.add(reason)) {
            LOG.warn(
                    "[{}] a checkpoint has uploaded more than half of the state: checkpoint={},"
                            + " stateBytes={}, uploadedBytes={}, ofLevel0={}, compacted={};"
                            + " {} This is logged once for each reason.",
                    owner,
                    checkpointId,
                    stateBytes,
                    uploadedBytes,
                    flushedBytes,
                    compactedBytes,
                    reason.text);
        }
    }
}
