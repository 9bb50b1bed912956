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
package io.flinklsm.statebackend.snapshot;

import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.errors.UnknownFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The meta file of a checkpoint: Flink's serialised meta information, as every backend writes it,
 * and behind it a trailer of ours. Flink's part has no checksum: a flipped bit in it could turn one
 * serializer's configuration into another's. The trailer guards it and says which manifest belongs
 * to it; both are checked before anything is parsed. A reader that knows only Flink's part never
 * gets to see the trailer.
 *
 * <pre>
 *   body            Flink's KeyedBackendSerializationProxy
 *   version         int, 1
 *   bodyLength      long
 *   manifestLength  int
 *   manifestCrc     int, CRC32C of the manifest
 *   crc             int, CRC32C of all that stands before
 *   magic           8 bytes, LSMFMETA
 * </pre>
 *
 * All numbers are big-endian. DO NOT CHANGE: the format is frozen, {@code docs/format.md#meta}.
 */
public final class MetaFile {

    private static final int VERSION = 1;
    private static final long MAGIC =
            ByteBuffer.wrap("LSMFMETA".getBytes(StandardCharsets.US_ASCII)).getLong();
    private static final int CRC_AND_MAGIC_BYTES = 4 + 8;
    static final int TRAILER_BYTES = 4 + 8 + 4 + 4 + CRC_AND_MAGIC_BYTES;

    private MetaFile() {}

    /** The bytes of the file. */
    public static byte[] encode(byte[] body, byte[] manifest) {
        ByteBuffer file = ByteBuffer.allocate(Math.addExact(body.length, TRAILER_BYTES));
        file.put(body)
                .putInt(VERSION)
                .putLong(body.length)
                .putInt(manifest.length)
                .putInt(crc(manifest, manifest.length))
                .putInt(crc(file.array(), file.position()))
                .putLong(MAGIC);
        return file.array();
    }

    /**
     * Checks the file and the manifest; the body is the first {@code length} bytes of the file.
     *
     * @param source what errors call the file
     * @return length of the body
     * @throws CorruptionException if a byte of either is not what was written, or the two do not
     *     belong together
     */
    public static int check(byte[] file, byte[] manifest, String source)
            throws CorruptionException {
        int bodyLength = file.length - TRAILER_BYTES;
        if (bodyLength < 0) {
            throw damaged(source, "the file is cut: length=" + file.length);
        }
        ByteBuffer trailer = ByteBuffer.wrap(file, bodyLength, TRAILER_BYTES);
        int version = trailer.getInt();
        long statedLength = trailer.getLong();
        int manifestLength = trailer.getInt();
        int manifestCrc = trailer.getInt();
        int crc = trailer.getInt();
        if (trailer.getLong() != MAGIC) {
            throw damaged(source, "the file does not end as it should: length=" + file.length);
        }
        int computed = crc(file, file.length - CRC_AND_MAGIC_BYTES);
        if (crc != computed) {
            throw damaged(
                    source,
                    "the checksum is wrong: stored="
                            + Integer.toHexString(crc)
                            + ", computed="
                            + Integer.toHexString(computed));
        }
        if (version != VERSION) {
            throw new UnknownFormatException(
                    "["
                            + source
                            + "] a format that this release does not know: version="
                            + version
                            + ", known="
                            + VERSION
                            + "; restore with the release of flink-lsm that wrote it, or newer.");
        }
        if (statedLength != bodyLength) {
            throw damaged(source, "lengths differ: stated=" + statedLength + ", is=" + bodyLength);
        }
        if (manifestLength != manifest.length || manifestCrc != crc(manifest, manifest.length)) {
            throw damaged(
                    source,
                    "the manifest beside it is not the one that was written with it:"
                            + " manifestLength="
                            + manifestLength
                            + ", is="
                            + manifest.length
                            + ", manifestChecksum="
                            + Integer.toHexString(manifestCrc)
                            + ", is="
                            + Integer.toHexString(crc(manifest, manifest.length)));
        }
        return bodyLength;
    }

    private static CorruptionException damaged(String source, String what) {
        return new CorruptionException(
                "[" + source + "] " + what + "; it is damaged, restore an earlier checkpoint.");
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
