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

import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageType;

/**
 * The header of a data page of version 2, written and read by hand: Thrift's own path costs as much
 * as decoding the page. Only the form that we write is accepted, field by field, so that no bit of
 * a header can change unseen; {@link PageReader} checks the values. Reusable; confined to one
 * thread.
 */
final class PageHeader {

    /** No header that we write is longer. */
    static final int MAX_BYTES = 64;

    private static final int DATA_PAGE_FIELD_DELTA = 4;

    /** Levels and values, before compression. */
    int uncompressedBytes;

    /** Levels and values as stored, which follow the header. */
    int storedBytes;

    /** CRC32 of the stored bytes. */
    int checksum;

    int rowCount;

    /** Nulls included; as many as rows unless the column is repeated. */
    int valueCount;

    int nullCount;
    int encoding;

    /** Levels are never compressed; repetition levels, definition levels, values. */
    int definitionBytes;

    int repetitionBytes;

    boolean isCompressed;

    void write(ByteSink out) {
        out.putI32Field(1, PageType.DATA_PAGE_V2.getValue());
        out.putI32Field(1, uncompressedBytes);
        out.putI32Field(1, storedBytes);
        out.putI32Field(1, checksum);
        out.putField(DATA_PAGE_FIELD_DELTA, ByteSink.TYPE_STRUCT);
        out.putI32Field(1, valueCount);
        out.putI32Field(1, nullCount);
        out.putI32Field(1, rowCount);
        out.putI32Field(1, encoding);
        out.putI32Field(1, definitionBytes);
        out.putI32Field(1, repetitionBytes);
        out.putField(1, isCompressed ? ByteSink.TYPE_TRUE : ByteSink.TYPE_FALSE);
        out.put(0).put(0);
    }

    void read(ByteSource in) throws MalformedPageException {
        if (i32(in) != PageType.DATA_PAGE_V2.getValue()) {
            throw new MalformedPageException("page header is malformed: not a data page");
        }
        uncompressedBytes = i32(in);
        storedBytes = i32(in);
        checksum = i32(in);
        in.expect(DATA_PAGE_FIELD_DELTA << 4 | ByteSink.TYPE_STRUCT, "page header");
        valueCount = i32(in);
        nullCount = i32(in);
        rowCount = i32(in);
        encoding = i32(in);
        definitionBytes = i32(in);
        repetitionBytes = i32(in);
        int flag = in.get();
        in.expect(0, "page header");
        in.expect(0, "page header");
        isCompressed = flag == (1 << 4 | ByteSink.TYPE_TRUE);
        if ((!isCompressed && flag != (1 << 4 | ByteSink.TYPE_FALSE))
                || Encoding.findByValue(encoding) == null) {
            throw new MalformedPageException(
                    "page header is malformed: flag=" + flag + ", encoding=" + encoding);
        }
    }

    /** Bytes of all levels. */
    int levelBytes() {
        return definitionBytes + repetitionBytes;
    }

    private static int i32(ByteSource in) throws MalformedPageException {
        in.expect(1 << 4 | ByteSink.TYPE_I32, "page header");
        return in.getZigZagInt();
    }
}
