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

import io.flinklsm.core.storage.Storage;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.StreamCompressionDecorator;
import org.jspecify.annotations.Nullable;

/**
 * What does not change from one snapshot of a backend to the next.
 *
 * @param backendId who wrote the files; kept over restores that take over a whole checkpoint
 * @param owner names the backend in the log
 * @param operatorId in hexadecimal digits, for manifests; empty if unknown
 * @param compression of key groups in canonical savepoints
 * @param counters count uploads
 */
public record SnapshotContext<K>(
        UUID backendId,
        String owner,
        String operatorId,
        Keys<K> keys,
        Files files,
        TransferThreads transfers,
        StreamCompressionDecorator compression,
        TransferCounters counters) {

    /**
     * Which keys the backend has, and how they are written.
     *
     * @param groupBytes bytes of the key group in front of each key
     * @param serializer duplicated for each snapshot
     */
    public record Keys<K>(KeyGroupRange groups, int groupBytes, TypeSerializer<K> serializer) {}

    /**
     * Where the store's SSTables are, and where checkpoints have them.
     *
     * @param homes which of them may be read where a checkpoint has them
     * @param localBackup keeps checkpoints on the local disk, too; null if they are not wanted
     *     there
     * @param incremental whether checkpoints share files
     */
    public record Files(
            Storage storage,
            UploadedSstables.Homes homes,
            @Nullable LocalBackup localBackup,
            boolean incremental) {}

    private static final Pattern OPERATOR_ID =
            Pattern.compile("_([0-9a-f]{32})_\\([0-9]+/[0-9]+\\)$");

    /**
     * The operator's id in the identifier that Flink gives to a backend, which is made of the
     * operator's class, its id and the subtask; empty if there is none.
     */
    public static String operatorIdIn(String operatorIdentifier) {
        Matcher matcher = OPERATOR_ID.matcher(operatorIdentifier);
        return matcher.find() ? matcher.group(1) : "";
    }
}
