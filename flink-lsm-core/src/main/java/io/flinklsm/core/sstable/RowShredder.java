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
package io.flinklsm.core.sstable;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import java.util.List;
import org.apache.parquet.format.SchemaElement;

/**
 * Takes entries apart into columns: decides which columns a file has and what of an entry goes
 * where. The writer cuts blocks, pages and row groups of whatever columns there are; the first one
 * is always {@link SstableFormat#KEY_COLUMN}. Confined to one thread.
 */
interface RowShredder {

    /** The schema below the root, depth first. */
    List<SchemaElement> schema();

    /** The leaf columns, in the order of the schema. */
    List<ColumnWriter> columns();

    /** Adds one row to every column. */
    void shred(Slice key, EntryKind kind, Slice value);
}
