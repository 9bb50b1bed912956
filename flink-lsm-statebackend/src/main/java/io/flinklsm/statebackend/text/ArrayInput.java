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

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.flink.core.memory.DataInputView;
import org.jspecify.annotations.Nullable;

/**
 * Input from an array, with a short way for texts. Confined to one thread.
 *
 * <p>It is kept for long and pointed at the same array again and again, so it stores the array only
 * if that is another one: to a garbage collector with regions the store of a reference in an old
 * object costs more than reading a number.
 */
public final class ArrayInput implements DataInputView {

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final byte[] NO_BYTES = new byte[0];
    private static final int HIGH_BIT = 0x80;

    /** What the decoder gives for a byte with its high bit set. */
    private static final char NO_CHARACTER = '\uFFFD';

    private byte[] array = NO_BYTES;
    private int position;
    private int end;

    /** Reads the whole array next. */
    public void setBuffer(byte[] bytes) {
        setBuffer(bytes, 0, bytes.length);
    }

    /** Reads these bytes next, and nothing behind them. */
    public void setBuffer(byte[] bytes, int from, int byteCount) {
        Objects.checkFromIndexSize(from, byteCount, bytes.length);
        if (array != bytes) {
            array = bytes;
        }
        position = from;
        end = from + byteCount;
    }

    /** Forgets the array. */
    public void releaseArrays() {
        setBuffer(NO_BYTES, 0, 0);
    }

    /** How many bytes are left. */
    public int available() {
        return end - position;
    }

    /** Goes on behind so many bytes; gives where they begin. */
    private int take(int byteCount) throws EOFException {
        int at = position;
        if (byteCount < 0 || byteCount > end - at) {
            throw new EOFException(
                    "a value ends before it was read: wanted="
                            + byteCount
                            + ", left="
                            + (end - at)
                            + "; compare its serializer with the one that wrote it");
        }
        position = at + byteCount;
        return at;
    }

    @Override
    public boolean readBoolean() throws IOException {
        return readByte() != 0;
    }

    @Override
    public byte readByte() throws IOException {
        return array[take(1)];
    }

    @Override
    public int readUnsignedByte() throws IOException {
        return readByte() & 0xFF;
    }

    @Override
    public short readShort() throws IOException {
        return (short) SHORT.get(array, take(Short.BYTES));
    }

    @Override
    public int readUnsignedShort() throws IOException {
        return readShort() & 0xFFFF;
    }

    @Override
    public char readChar() throws IOException {
        return (char) readShort();
    }

    @Override
    public int readInt() throws IOException {
        return (int) INT.get(array, take(Integer.BYTES));
    }

    @Override
    public long readLong() throws IOException {
        return (long) LONG.get(array, take(Long.BYTES));
    }

    @Override
    public float readFloat() throws IOException {
        return Float.intBitsToFloat(readInt());
    }

    @Override
    public double readDouble() throws IOException {
        return Double.longBitsToDouble(readLong());
    }

    @Override
    public void readFully(byte[] target) throws IOException {
        readFully(target, 0, target.length);
    }

    @Override
    public void readFully(byte[] target, int from, int byteCount) throws IOException {
        Objects.checkFromIndexSize(from, byteCount, target.length);
        System.arraycopy(array, take(byteCount), target, from, byteCount);
    }

    @Override
    public int read(byte[] target) throws IOException {
        return read(target, 0, target.length);
    }

    @Override
    public int read(byte[] target, int from, int byteCount) throws IOException {
        Objects.checkFromIndexSize(from, byteCount, target.length);
        int read = Math.min(byteCount, available());
        if (read == 0 && byteCount > 0) {
            return -1;
        }
        readFully(target, from, read);
        return read;
    }

    @Override
    public int skipBytes(int byteCount) {
        int skipped = Math.max(0, Math.min(byteCount, available()));
        position += skipped;
        return skipped;
    }

    @Override
    public void skipBytesToRead(int byteCount) throws IOException {
        take(byteCount);
    }

    @Override
    public @Nullable String readLine() throws IOException {
        if (available() == 0) {
            return null;
        }
        StringBuilder line = new StringBuilder();
        while (available() > 0) {
            char character = (char) readUnsignedByte();
            if (character == '\n') {
                break;
            }
            line.append(character);
        }
        int last = line.length() - 1;
        if (last >= 0 && line.charAt(last) == '\r') {
            line.setLength(last);
        }
        return line.toString();
    }

    @Override
    public String readUTF() throws IOException {
        return DataInputStream.readUTF(this);
    }

    /**
     * The next text as {@link org.apache.flink.types.StringValue} writes it: its length and one,
     * then its characters, each in a byte if it is below 128.
     *
     * @return null if it has other characters, or is null, very long or cut off; then nothing was
     *     read
     */
    @Nullable String readSimpleText() {
        int at = position;
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
        position = at + length;
        return text;
    }
}
