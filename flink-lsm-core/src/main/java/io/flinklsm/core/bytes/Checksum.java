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
package io.flinklsm.core.bytes;

import java.util.zip.CRC32C;

/** CRC32C (Castagnoli, RFC 3720 B.4): the checksum of what is ours in the files. */
public final class Checksum {

    private Checksum() {}

    public static int crc32c(byte[] bytes, int from, int byteCount) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, from, byteCount);
        return (int) checksum.getValue();
    }
}
