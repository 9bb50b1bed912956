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
package io.flinklsm.statebackend.metrics;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.StoreResources;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.statebackend.snapshot.TransferCounters;
import java.nio.file.Path;

/**
 * Where the figures of a backend are taken from.
 *
 * @param unaccountedBytes of the slot's memory, what is not of Flink's managed memory
 * @param directory where the local files are
 * @param localCacheLimitBytes how much of the local disk files with a remote home may take; 0 for
 *     no limit
 */
public record MetricSources(
        LsmStore store,
        StoreResources slot,
        long unaccountedBytes,
        TieredStorage storage,
        Path directory,
        long localCacheLimitBytes,
        EventCounters events,
        TransferCounters transfers) {}
