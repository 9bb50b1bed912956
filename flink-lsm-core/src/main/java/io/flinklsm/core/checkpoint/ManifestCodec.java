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
package io.flinklsm.core.checkpoint;

import java.io.IOException;

/**
 * The manifest: a checkpoint image as bytes, see docs/format.md#manifest. Starts with a magic
 * number, the format version, the body's length and its CRC32C, all checked before the body is
 * parsed.
 */
public final class ManifestCodec {

    private ManifestCodec() {}

    public static byte[] encode(CheckpointImage image) {
        throw new UnsupportedOperationException();
    }

    /**
     * @param source what errors call the bytes: a file name or a handle
     * @throws io.flinklsm.core.errors.CorruptionException if it is damaged, of an unknown version,
     *     or names a file that is not a bare file name
     */
    public static CheckpointImage decode(byte[] bytes, String source) throws IOException {
        throw new UnsupportedOperationException();
    }
}
