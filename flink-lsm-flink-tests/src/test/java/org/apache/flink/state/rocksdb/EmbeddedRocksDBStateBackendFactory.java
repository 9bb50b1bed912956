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
package org.apache.flink.state.rocksdb;

import io.flinklsm.flinktests.ShadowHits;
import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.LsmStateBackendFactory;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.runtime.state.StateBackendFactory;

/**
 * Stands before Flink's class of this name on the class path, so that a test of Flink's which
 * configures {@code rocksdb} by name runs on flink-lsm, unchanged.
 */
public final class EmbeddedRocksDBStateBackendFactory
        implements StateBackendFactory<LsmStateBackend> {
    @Override
    public LsmStateBackend createFromConfig(ReadableConfig config, ClassLoader classLoader) {
        ShadowHits.record();
        return new LsmStateBackendFactory().createFromConfig(config, classLoader);
    }
}
