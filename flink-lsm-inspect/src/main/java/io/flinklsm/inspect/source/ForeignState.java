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
package io.flinklsm.inspect.source;

import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsSavepointStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;

/** Keyed state that another backend wrote: what it is called, and what can be done about it. */
final class ForeignState {

    private static final String CANONICAL = "canonical savepoint";
    private static final String HEAP = "HashMap backend's checkpoint (KeyGroupsStateHandle)";
    private static final String SST =
            "RocksDB's or ForSt's own files (IncrementalRemoteKeyedStateHandle)";

    private ForeignState() {}

    /** What it is; other kinds by the name of their handle's class. */
    static String kind(KeyedStateHandle handle) {
        if (handle instanceof KeyGroupsSavepointStateHandle) {
            return CANONICAL;
        }
        if (handle instanceof KeyGroupsStateHandle) {
            return HEAP;
        }
        return handle instanceof IncrementalRemoteKeyedStateHandle
                ? SST
                : handle.getClass().getSimpleName();
    }

    /** The end of an error that begins with the kind. */
    static String advice(String kind) {
        return kind.equals(CANONICAL) || kind.equals(HEAP)
                ? "; it has no SSTables, which this command is about: show, get, scan, sql, export"
                        + " and top read it."
                : "; its bytes can only be read by the backend that wrote them: take a canonical"
                      + " savepoint (\"flink savepoint --type canonical JOB\"), which show, get,"
                      + " scan, sql, export and top read, or give a checkpoint or native savepoint"
                      + " of a job with flink-lsm as its state backend.";
    }
}
