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
package io.flinklsm.benchmarks.backend;

import java.util.Collection;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;

/** RocksDB that leaves flushed files alone, to see what many of them cost. */
public final class NoCompactionOptions implements RocksDBOptionsFactory {

    private static final long serialVersionUID = 1L;

    /** RocksDB stops the writer at so many files; they are never reached. */
    private static final int FILES = 100_000;

    @Override
    public DBOptions createDBOptions(
            DBOptions currentOptions, Collection<AutoCloseable> handlesToClose) {
        return currentOptions;
    }

    @Override
    public ColumnFamilyOptions createColumnOptions(
            ColumnFamilyOptions currentOptions, Collection<AutoCloseable> handlesToClose) {
        return currentOptions
                .setDisableAutoCompactions(true)
                .setLevel0FileNumCompactionTrigger(FILES)
                .setLevel0SlowdownWritesTrigger(FILES)
                .setLevel0StopWritesTrigger(FILES);
    }
}
