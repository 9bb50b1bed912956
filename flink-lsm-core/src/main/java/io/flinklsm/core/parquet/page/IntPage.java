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
package io.flinklsm.core.parquet.page;

import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import org.apache.parquet.format.Encoding;

/**
 * A page of 32-bit integers without nulls, as {@link IntColumnWriter} writes them. Reused for page
 * after page; confined to one thread.
 */
public final class IntPage {

    private final PageReader page;
    private final ByteSource source = new ByteSource();

    public IntPage(PageCodec codec) {
        page = new PageReader(codec);
    }

    /** Begins with another file, the pages of which are read one by one. */
    public void begin() {
        page.begin(0);
    }

    /**
     * Reads a page.
     *
     * @param chunkEnd where the column chunk of the page ends
     * @param rows how many integers the page must have
     * @param values gets them, from index 0 on
     * @throws MalformedPageException if the page is not what it must be
     */
    public void read(
            StorageInput input, long offset, int byteCount, long chunkEnd, int rows, int[] values)
            throws IOException {
        if (values.length < rows) {
            throw new IllegalArgumentException(
                    "integers have no room: room=" + values.length + ", rows=" + rows);
        }
        page.read(
                input, offset, byteCount, chunkEnd, rows, Encoding.DELTA_BINARY_PACKED.getValue());
        page.checkNoNulls();
        source.set(page.bytes, page.from, page.limit);
        DeltaBinaryPacked.decode(source, page.bytes, values, rows);
        if (source.remaining() != 0) {
            throw new MalformedPageException(
                    "integers have bytes left: offset="
                            + offset
                            + ", bytesLeft="
                            + source.remaining());
        }
    }
}
