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

import io.flinklsm.core.parquet.encoding.MalformedPageException;
import org.apache.parquet.format.CompressionCodec;

/** How the pages of a file are compressed that are compressed at all. */
public enum PageCompression {
    NONE(CompressionCodec.UNCOMPRESSED),
    LZ4(CompressionCodec.LZ4_RAW),
    ZSTD(CompressionCodec.ZSTD);

    private final CompressionCodec format;

    PageCompression(CompressionCodec format) {
        this.format = format;
    }

    /** What a footer calls it. */
    public CompressionCodec format() {
        return format;
    }

    /**
     * What a footer says.
     *
     * @throws MalformedPageException if such pages cannot be read
     */
    public static PageCompression of(CompressionCodec format) throws MalformedPageException {
        for (PageCompression compression : values()) {
            if (compression.format == format) {
                return compression;
            }
        }
        throw new MalformedPageException("pages have an unknown codec: codec=" + format);
    }
}
