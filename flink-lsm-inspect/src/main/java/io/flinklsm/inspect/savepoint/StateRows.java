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
package io.flinklsm.inspect.savepoint;

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** State that stands as rows in a file of Flink's, not in SSTables. Safe for any thread. */
public interface StateRows {

    /** Of the file, in which other states may stand, too. */
    long sizeBytes();

    /** In which of Flink's formats: a word for people and programs. */
    default String format() {
        return "canonical";
    }

    /** Null if there is no such state. */
    @Nullable EntryColumns columns(String treeName) throws IOException;

    /** The rows of a state, in the order of the file. The caller closes the cursor. */
    EntryCursor cursor(String treeName, KeyRange range) throws IOException;
}
