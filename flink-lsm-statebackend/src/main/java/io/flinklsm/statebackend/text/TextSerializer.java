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

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Reads and writes the bytes of {@link StringSerializer}: texts of characters below 128 from an
 * {@link ArrayInput} and to a {@link DataOutputSerializer} in one loop over an array, all else as
 * that does.
 */
final class TextSerializer extends TypeSerializerSingleton<String> {

    static final TextSerializer INSTANCE = new TextSerializer();

    private static final long serialVersionUID = 1L;
    private static final StringSerializer ALL_TEXTS = StringSerializer.INSTANCE;

    /** Lengths, with the one that is added to each, that two bytes can say. */
    private static final int LENGTH_MAX = (1 << 14) - 1;

    private static final int ONE_BYTE_LENGTH_MAX = 0x7F;
    private static final int HIGH_BIT = 0x80;

    private TextSerializer() {}

    @Override
    public void serialize(String text, DataOutputView target) throws IOException {
        if (!(target instanceof DataOutputSerializer out) || !isWritten(text, out)) {
            ALL_TEXTS.serialize(text, target);
        }
    }

    /** Writes the text if it is simple and there is room for it; else nothing. */
    private static boolean isWritten(String text, DataOutputSerializer out) throws IOException {
        if (text == null) {
            return false;
        }
        int length = text.length();
        int start = out.length();
        byte[] bytes = out.getSharedBuffer();
        int at = start;
        // This way out.write() makes the room that is missing, for the next time, too.
        if (length >= LENGTH_MAX || length > bytes.length - at - 2) {
            return false;
        }
        int written = length + 1;
        if (written > ONE_BYTE_LENGTH_MAX) {
            bytes[at++] = (byte) (written | HIGH_BIT);
            written >>>= 7;
        }
        bytes[at++] = (byte) written;
        int bits = 0;
        for (int i = 0; i < length; i++) {
            char character = text.charAt(i);
            bits |= character;
            bytes[at + i] = (byte) character;
        }
        if (bits >= HIGH_BIT) {
            return false;
        }
        out.skipBytesToWrite(at + length - start);
        return true;
    }

    @Override
    public String deserialize(DataInputView source) throws IOException {
        if (source instanceof ArrayInput in) {
            String text = in.readSimpleText();
            if (text != null) {
                return text;
            }
        }
        return ALL_TEXTS.deserialize(source);
    }

    @Override
    public String deserialize(String reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public String createInstance() {
        return ALL_TEXTS.createInstance();
    }

    @Override
    public String copy(String from) {
        return from;
    }

    @Override
    public String copy(String from, String reuse) {
        return from;
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        ALL_TEXTS.copy(source, target);
    }

    @Override
    public int getLength() {
        return ALL_TEXTS.getLength();
    }

    /** That of the serializer whose bytes these are. */
    @Override
    public TypeSerializerSnapshot<String> snapshotConfiguration() {
        return ALL_TEXTS.snapshotConfiguration();
    }
}
