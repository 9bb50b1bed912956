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
package io.flinklsm.core.parquet.footer;

import io.flinklsm.core.parquet.encoding.MalformedPageException;
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
public record IndexBytes(byte[] array, Place place) {

    /**
     * Where a row group's indexes are, and what they must be when they are read again.
     *
     * @param columnIndexes of the columns that have one
     * @param offsetIndexes of all columns
     * @param checksum CRC32C of both
     */
    public record Place(TailRange columnIndexes, TailRange offsetIndexes, int checksum) {

        /**
         * Out of a tail that was checked.
         *
         * @param chunks whose indexes will be read; the first one has a column index
         */
        public static Place of(List<ChunkPlace> chunks, byte[] tail) {
            TailRange columns = chunks.get(0).columnIndex();
            TailRange offsets = chunks.get(0).offsetIndex();
            for (ChunkPlace chunk : chunks) {
                if (chunk.columnIndex().length() > 0) {
                    columns = hull(columns, chunk.columnIndex());
                }
                offsets = hull(offsets, chunk.offsetIndex());
            }
            CRC32C crc = new CRC32C();
            crc.update(tail, columns.from(), columns.length());
            crc.update(tail, offsets.from(), offsets.length());
            return new Place(columns, offsets, (int) crc.getValue());
        }

        private static TailRange hull(TailRange one, TailRange other) {
            return new TailRange(
                    Math.min(one.from(), other.from()), Math.max(one.to(), other.to()));
        }
    }

    /**
     * Reads them again, and checks that they are what they were.
     *
     * @param tailOffset where in the file the tail begins
     */
    public static IndexBytes read(StorageInput input, long tailOffset, Place place)
            throws IOException {
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

    /** Parses the indexes of a chunk that is one of those of the place. */
    public void parse(IndexParser parser, ChunkPlace chunk, long rows)
            throws MalformedPageException {
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
