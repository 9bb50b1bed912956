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
package io.flinklsm.statebackend.restore;

import io.flinklsm.core.LsmStoreOptions;
import io.flinklsm.core.StoreResources;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.statebackend.remote.RemoteFiles;
import io.flinklsm.statebackend.snapshot.TransferCounters;
import io.flinklsm.statebackend.snapshot.TransferThreads;
import java.nio.file.Path;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.StateBackend.CustomInitializationMetrics;

/**
 * What a restore works with.
 *
 * @param userClassLoader for classes of serializers
 * @param transfers for downloads; closing their registry ends the restore
 * @param metrics takes how long it lasted
 * @param counters count what is restored
 */
public record RestoreContext(
        Files files,
        LsmStoreOptions storeOptions,
        StoreResources storeResources,
        Keys keys,
        ClassLoader userClassLoader,
        TransferThreads transfers,
        CustomInitializationMetrics metrics,
        TransferCounters counters) {

    /**
     * Where the files are to be.
     *
     * @param storage an empty working directory
     * @param directory where that is
     * @param remote adopts files that stay where the checkpoint has them
     * @param lazy whether files that are not on this disk are adopted, or fetched before anything
     *     else
     */
    public record Files(Storage storage, Path directory, RemoteFiles remote, boolean lazy) {}

    /**
     * Which keys the backend has.
     *
     * @param groups what is ours
     * @param groupBytes bytes of the key group in front of each key
     */
    public record Keys(KeyGroupRange groups, int groupBytes) {}
}
