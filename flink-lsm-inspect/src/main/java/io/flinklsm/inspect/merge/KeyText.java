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
package io.flinklsm.inspect.merge;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.source.StateView;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * From a key as the user writes it to the range of its entries: the text is serialised as Flink
 * would and put behind the key group that Flink would give it, so that a lookup reads a block or
 * two.
 */
public final class KeyText {

    private KeyText() {}

    /**
     * All entries of the key, in every namespace and with every map key.
     *
     * @return null if the key's type is none that a text determines, or the key group cannot be
     *     known: then only a scan finds the key
     * @throws IllegalArgumentException if the text is no value of the key's type
     */
    public static @Nullable KeyRange range(StateView state, EntryColumns columns, String text) {
        if (state.isQueue()) {
            return null;
        }
        Encoded encoded = encode(columns.key().toString(), text);
        if (encoded == null) {
            return null;
        }
        ByteArrayOutputStream prefix = new ByteArrayOutputStream();
        if (columns.keyGroupBytes() > 0) {
            int keyGroup = state.keyGroupOf(encoded.hash);
            if (keyGroup < 0) {
                return null;
            }
            if (columns.keyGroupBytes() == 2) {
                prefix.write(keyGroup >>> 8);
            }
            prefix.write(keyGroup);
        }
        prefix.writeBytes(encoded.bytes);
        if (columns.hasLengths()) {
            int length = encoded.bytes.length;
            do {
                prefix.write(length);
                length >>>= Byte.SIZE;
            } while (length != 0);
        }
        return KeyRange.ofPrefix(OwnedSlice.wrap(prefix.toByteArray()));
    }

    /** A key's bytes and its hash code as a Java object. */
    private static final class Encoded {
        final byte[] bytes;
        final int hash;

        Encoded(byte[] bytes, int hash) {
            this.bytes = bytes;
            this.hash = hash;
        }
    }

    private static @Nullable Encoded encode(String type, String text) {
        try {
            return switch (type) {
                case "string" -> new Encoded(string(text), text.hashCode());
                case "int64" -> {
                    long value = Long.parseLong(text);
                    yield new Encoded(
                            ByteBuffer.allocate(Long.BYTES).putLong(value).array(),
                            Long.hashCode(value));
                }
                case "int32" -> {
                    int value = Integer.parseInt(text);
                    yield new Encoded(
                            ByteBuffer.allocate(Integer.BYTES).putInt(value).array(), value);
                }
                case "int16" -> {
                    short value = Short.parseShort(text);
                    yield new Encoded(
                            ByteBuffer.allocate(Short.BYTES).putShort(value).array(), value);
                }
                case "int8" -> {
                    byte value = Byte.parseByte(text);
                    yield new Encoded(new byte[] {value}, value);
                }
                default -> null;
            };
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("no value of this type: type=" + type, e);
        }
    }

    /** As Flink's StringValue writes it: length + 1, then characters, in groups of seven bits. */
    private static byte[] string(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() + 2);
        sevenBits(text.length() + 1, out);
        for (int i = 0; i < text.length(); i++) {
            sevenBits(text.charAt(i), out);
        }
        return out.toByteArray();
    }

    private static void sevenBits(int value, ByteArrayOutputStream out) {
        int rest = value;
        while (rest >= 0x80) {
            out.write(rest | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
