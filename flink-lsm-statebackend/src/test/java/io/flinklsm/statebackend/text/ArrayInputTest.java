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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** Reads as Flink's input of arrays does, and nothing behind the end. */
final class ArrayInputTest {

    /** One of the methods that read something. */
    private interface Reading {
        Object of(DataInputView in) throws IOException;
    }

    private static final List<Reading> READINGS =
            List.of(
                    DataInputView::readBoolean,
                    DataInputView::readByte,
                    DataInputView::readUnsignedByte,
                    DataInputView::readShort,
                    DataInputView::readUnsignedShort,
                    DataInputView::readChar,
                    DataInputView::readInt,
                    DataInputView::readLong,
                    DataInputView::readFloat,
                    DataInputView::readDouble,
                    DataInputView::readUTF,
                    in -> {
                        byte[] bytes = new byte[7];
                        in.readFully(bytes, 2, 3);
                        return List.of(bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
                    },
                    in -> {
                        in.skipBytesToRead(4);
                        return in.readByte();
                    });

    @Test
    void readsWhatFlinksInputReads() throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        out.writeUTF("a text, \u00e9\u4e2d");
        out.writeLong(Long.MIN_VALUE + 0x0102_0384_8586_8788L);
        out.writeDouble(-1.5);
        byte[] bytes = out.getCopyOfBuffer();
        for (Reading reading : READINGS) {
            // From wherever all of them have something to read; a UTF text begins at the start.
            for (int from = 0; from < (isText(reading) ? 1 : 10); from++) {
                ArrayInput in = input(bytes, from, bytes.length - from);
                var flinks = new DataInputDeserializer(bytes, from, bytes.length - from);
                assertThat(reading.of(in)).isEqualTo(reading.of(flinks));
                assertThat(in.available()).isEqualTo(flinks.available());
            }
        }
    }

    @Test
    void nothingBehindTheEndIsRead() throws IOException {
        byte[] bytes = new byte[64];
        bytes[1] = 8; // as long as a UTF text says it is
        for (Reading reading : READINGS) {
            int needed = bytes.length;
            ArrayInput whole = input(bytes, 0, bytes.length);
            reading.of(whole);
            needed -= whole.available();
            for (int length = 0; length < needed; length++) {
                ArrayInput in = input(bytes, 0, length);
                assertThatThrownBy(() -> reading.of(in)).isInstanceOf(EOFException.class);
                assertThat(in.available()).isBetween(0, length);
            }
        }
    }

    @Test
    void somethingIsReadWhereNotAllIsThere() throws IOException {
        ArrayInput in = input(new byte[] {1, 2, 3, 4, 5}, 1, 3);
        byte[] target = new byte[4];
        assertThat(in.read(target, 1, 2)).isEqualTo(2);
        assertThat(in.read(target)).isEqualTo(1);
        assertThat(target).containsExactly(4, 2, 3, 0);
        assertThat(in.read(target)).isEqualTo(-1);
        assertThat(in.read(target, 0, 0)).isZero();
        assertThat(in.skipBytes(1)).isZero();
        in.setBuffer(new byte[5]);
        assertThat(in.skipBytes(3)).isEqualTo(3);
        assertThat(in.skipBytes(-1)).isZero();
        assertThat(in.skipBytes(3)).isEqualTo(2);
    }

    @Test
    void linesEndWithTheirSeparatorOrTheInput() throws IOException {
        ArrayInput in = new ArrayInput();
        in.setBuffer("one\r\n\ntwo\rthree".getBytes(StandardCharsets.US_ASCII));
        assertThat(in.readLine()).isEqualTo("one");
        assertThat(in.readLine()).isEmpty();
        assertThat(in.readLine()).isEqualTo("two\rthree");
        assertThat(in.readLine()).isNull();
    }

    @Test
    void badBoundsAreRefused() {
        ArrayInput in = new ArrayInput();
        assertThatThrownBy(() -> in.setBuffer(new byte[4], 2, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        in.setBuffer(new byte[4]);
        assertThatThrownBy(() -> in.skipBytesToRead(-1)).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> in.readFully(new byte[2], 1, 2))
                .isInstanceOf(IndexOutOfBoundsException.class);
        in.releaseArrays();
        assertThat(in.available()).isZero();
    }

    private static boolean isText(Reading reading) {
        return reading == READINGS.get(10);
    }

    private static ArrayInput input(byte[] bytes, int from, int byteCount) {
        ArrayInput in = new ArrayInput();
        in.setBuffer(bytes, from, byteCount);
        return in;
    }
}
