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

import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.ChunkPlace;
import io.flinklsm.core.parquet.footer.IndexParser;
import io.flinklsm.core.parquet.footer.TailRange;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of one row group's column and offset indexes: of the tail they are two pieces.
 *
 * @param array the column indexes, then the offset indexes
 * @param place where in the tail they stand
 */
record IndexBytes(byte[] array, Place place) {

    /**
     * Where a row group's indexes are, and what they must be when they are read again.
     *
     * @param columnIndexes of the columns that have one
     * @param offsetIndexes of all columns
     * @param checksum CRC32C of both
     */
    record Place(TailRange columnIndexes, TailRange offsetIndexes, int checksum) {

        /** Out of a tail that was checked. */
        static Place of(FileLayout.Group group, byte[] tail) {
            TailRange columns =
                    hull(List.of(group.keys().columnIndex(), group.kinds().columnIndex()));
            TailRange offsets =
                    hull(
                            List.of(
                                    group.keys().offsetIndex(),
                                    group.kinds().offsetIndex(),
                                    group.raw().offsetIndex()));
            for (ChunkPlace leaf : group.valueLeaves()) {
                offsets = hull(List.of(offsets, leaf.offsetIndex()));
            }
            CRC32C crc = new CRC32C();
            crc.update(tail, columns.from(), columns.length());
            crc.update(tail, offsets.from(), offsets.length());
            return new Place(columns, offsets, (int) crc.getValue());
        }

        private static TailRange hull(List<TailRange> ranges) {
            int from = Integer.MAX_VALUE;
            int to = 0;
            for (TailRange range : ranges) {
                from = Math.min(from, range.from());
                to = Math.max(to, range.to());
            }
            return new TailRange(from, to);
        }
    }

    /**
     * Reads them again, and checks that they are what they were.
     *
     * @param tailOffset where in the file the tail begins
     */
    static IndexBytes read(StorageInput input, long tailOffset, Place place) throws IOException {
        TailRange columns = place.columnIndexes();
        TailRange offsets = place.offsetIndexes();
        byte[] array = new byte[Math.addExact(columns.length(), offsets.length())];
        input.readFully(tailOffset + columns.from(), array, 0, columns.length());
        input.readFully(tailOffset + offsets.from(), array, columns.length(), offsets.length());
        CRC32C crc = new CRC32C();
        crc.update(array, 0, array.length);
        if ((int) crc.getValue() != place.checksum()) {
            throw new MalformedPageException(
                    "the indexes of a row group have changed since the file was opened: offset="
                            + (tailOffset + columns.from()));
        }
        return new IndexBytes(array, place);
    }

    void parse(IndexParser parser, ChunkPlace chunk, long rows) throws MalformedPageException {
        TailRange offsets = chunk.offsetIndex();
        int shift = place.columnIndexes().length() - place.offsetIndexes().from();
        parser.parseOffsetIndex(
                array,
                offsets.from() + shift,
                offsets.to() + shift,
                chunk.offset(),
                chunk.byteCount(),
                rows);
        TailRange bounds = chunk.columnIndex();
        if (bounds.length() > 0) {
            shift = -place.columnIndexes().from();
            parser.parseColumnIndex(array, bounds.from() + shift, bounds.to() + shift);
        }
    }
}
