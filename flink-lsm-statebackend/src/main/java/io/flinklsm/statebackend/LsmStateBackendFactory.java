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
package io.flinklsm.statebackend;

import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.runtime.state.StateBackendFactory;
import org.apache.flink.runtime.util.EnvironmentInformation;

/**
 * What {@code state.backend.type: io.flinklsm.statebackend.LsmStateBackendFactory} names. See
 * {@link LsmBackendOptions} for the options.
 */
public final class LsmStateBackendFactory implements StateBackendFactory<LsmStateBackend> {

    @Override
    public LsmStateBackend createFromConfig(ReadableConfig config, ClassLoader classLoader) {
        // First: the classes behind the next line do not link on an older Flink.
        FlinkVersions.check(EnvironmentInformation.getVersion());
        return new LsmStateBackend().configure(config, classLoader);
    }
}
