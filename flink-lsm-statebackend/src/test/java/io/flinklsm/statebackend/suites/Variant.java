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
package io.flinklsm.statebackend.suites;

import io.flinklsm.statebackend.LsmBackendOptions;
import io.flinklsm.statebackend.LsmStateBackend;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;

/** How the backend is configured while a suite runs; values in typed columns but for one. */
public enum Variant {
    FULL(false, false, "typed"),
    INCREMENTAL(true, false, "typed"),
    /** So small that the suites' few entries are flushed and compacted. */
    FULL_TINY(false, true, "binary"),
    INCREMENTAL_TINY(true, true, "typed");

    private final boolean incremental;
    private final boolean tiny;
    private final String valueColumns;

    Variant(boolean incremental, boolean tiny, String valueColumns) {
        this.incremental = incremental;
        this.tiny = tiny;
        this.valueColumns = valueColumns;
    }

    /** A backend that is configured like this. */
    public LsmStateBackend newBackend() {
        Configuration configuration = new Configuration();
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, incremental);
        configuration.set(LsmBackendOptions.VALUE_COLUMNS, valueColumns);
        if (tiny) {
            configuration.set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"));
            configuration.set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
        }
        return new LsmStateBackend().configure(configuration, Variant.class.getClassLoader());
    }
}
