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

import io.flinklsm.core.parquet.page.PageCompression;

/** How pages are compressed. */
public enum SstableCodec {
    UNCOMPRESSED(PageCompression.NONE),
    LZ4_RAW(PageCompression.LZ4),
    ZSTD(PageCompression.ZSTD);

    private final PageCompression compression;

    SstableCodec(PageCompression compression) {
        this.compression = compression;
    }

    PageCompression compression() {
        return compression;
    }
}
