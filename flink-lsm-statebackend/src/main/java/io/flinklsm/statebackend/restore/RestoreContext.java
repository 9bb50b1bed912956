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
import java.util.concurrent.Executor;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.StateBackend.CustomInitializationMetrics;

/**
 * What a restore works with.
 *
 * @param storage an empty working directory
 * @param remote adopts files that stay where the checkpoint has them
 * @param lazy whether files that are not on this disk are adopted, or fetched before anything else
 * @param keyGroupRange what is ours
 * @param keyGroupBytes bytes of the key group in front of each key
 * @param userClassLoader for classes of serializers
 * @param executor helps to download
 * @param transferThreads downloads at a time
 * @param cancelRegistry streams are registered in it: closing it ends the restore
 * @param metrics takes how long it lasted
 * @param transfers counts what is restored
 */
public record RestoreContext(
        Storage storage,
        RemoteFiles remote,
        boolean lazy,
        LsmStoreOptions storeOptions,
        StoreResources storeResources,
        KeyGroupRange keyGroupRange,
        int keyGroupBytes,
        ClassLoader userClassLoader,
        Executor executor,
        int transferThreads,
        CloseableRegistry cancelRegistry,
        CustomInitializationMetrics metrics,
        TransferCounters transfers) {}
