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
package io.flinklsm.statebackend.text;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.jspecify.annotations.Nullable;

/** Input from an array, with a short way for texts. Confined to one thread. */
public final class ArrayInput extends DataInputDeserializer {

    private static final long serialVersionUID = 1L;

    private static final int HIGH_BIT = 0x80;

    /** What the decoder gives for a byte with its high bit set. */
    private static final char NO_CHARACTER = '\uFFFD';

    // The superclass shows its array to nobody.
    @SuppressWarnings("serial")
    private byte[] array = new byte[0];

    @Override
    public void setBuffer(byte[] bytes) {
        setBuffer(bytes, 0, bytes.length);
    }

    @Override
    public void setBuffer(byte[] bytes, int from, int byteCount) {
        super.setBuffer(bytes, from, byteCount);
        array = bytes;
    }

    /**
     * @throws UnsupportedOperationException always: what is read here is in arrays
     */
    @Override
    public void setBuffer(ByteBuffer buffer) {
        throw new UnsupportedOperationException("what is read here is in arrays");
    }

    @Override
    public void releaseArrays() {
        setBuffer(new byte[0]);
    }

    /**
     * The next text as {@link org.apache.flink.types.StringValue} writes it: its length and one,
     * then its characters, each in a byte if it is below 128.
     *
     * @return null if it has other characters, or is null, very long or cut off; then nothing was
     *     read
     */
    @Nullable String readSimpleText() {
        int start = getPosition();
        int end = start + available();
        int at = start;
        if (at == end) {
            return null;
        }
        int length = array[at++];
        if (length < 0) {
            if (at == end || array[at] < 0) {
                return null;
            }
            length = (length & (HIGH_BIT - 1)) | array[at++] << 7;
        }
        length--;
        if (length < 0 || length > end - at) {
            return null;
        }
        String text = new String(array, at, length, StandardCharsets.US_ASCII);
        if (text.indexOf(NO_CHARACTER) >= 0) {
            return null;
        }
        skipBytes(at + length - start);
        return text;
    }
}
