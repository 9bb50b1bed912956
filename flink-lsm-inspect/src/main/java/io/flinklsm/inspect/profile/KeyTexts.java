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
package io.flinklsm.inspect.profile;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.inspect.merge.EntryDecoder;
import io.flinklsm.inspect.merge.ValueText;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The text of keys and of their parts. Confined to one thread. */
public final class KeyTexts {

    /** Of a key that stays bytes, so many are shown. */
    private static final int SHOWN_BYTES = 64;

    private final boolean hasLengths;
    private final @Nullable EntryDecoder entries;
    private final @Nullable EntryDecoder keys;

    public KeyTexts(@Nullable EntryColumns columns) {
        hasLengths = columns != null && columns.hasLengths();
        entries = columns == null ? null : new EntryDecoder(columns);
        keys =
                columns == null || columns.isKeyAll()
                        ? null
                        : new EntryDecoder(columns.ofKeyAlone());
    }

    /**
     * The key as {@code scan} shows it; hexadecimal digits if nothing tells what it is.
     *
     * @param key key group and key, or all of an entry's key
     * @param isCut whether its end is missing
     */
    public String ofKey(OwnedSlice key, boolean isCut) {
        if (isCut) {
            return hex(key) + "…";
        }
        @Nullable Object text = null;
        if (keys != null) {
            byte[] bytes = key.toBytes();
            text = column(keys, hasLengths ? Arrays.copyOf(bytes, bytes.length + 1) : bytes);
        } else if (entries != null) {
            text = column(entries, key.bytesUnsafe());
        }
        return text == null ? hex(key) : text.toString();
    }

    private static @Nullable String column(EntryDecoder decoder, byte[] bytes) {
        return column(decoder, bytes, EntryColumns.KEY_COLUMN);
    }

    /** A part of an entry's key; hexadecimal digits of all of it if nothing tells what it is. */
    String ofPart(OwnedSlice entryKey, String column) {
        String text = entries == null ? null : column(entries, entryKey.bytesUnsafe(), column);
        return text == null ? hex(entryKey) : text;
    }

    private static @Nullable String column(EntryDecoder decoder, byte[] bytes, String name) {
        Map<String, @Nullable Object> columns = decoder.key(new Slice(bytes));
        @Nullable Object own = columns.get(EntryColumns.KEY_COLUMN);
        // The element of a queue of timers has its parts inside.
        if (own instanceof Map<?, ?> element && element.containsKey(name)) {
            return ValueText.of(element.get(name));
        }
        return columns.containsKey(name) ? ValueText.of(columns.get(name)) : null;
    }

    /** The key group that a key begins with; -1 if it has none. */
    public static int keyGroup(OwnedSlice key, int keyGroupBytes) {
        if (keyGroupBytes == 0 || key.length() < keyGroupBytes) {
            return -1;
        }
        byte[] bytes = key.bytesUnsafe();
        int first = bytes[0] & 0xFF;
        return keyGroupBytes == 1 ? first : first << Byte.SIZE | (bytes[1] & 0xFF);
    }

    private static String hex(OwnedSlice bytes) {
        byte[] array = bytes.bytesUnsafe();
        int shown = Math.min(array.length, SHOWN_BYTES);
        return "0x"
                + HexFormat.of().formatHex(array, 0, shown)
                + (shown < array.length ? "… (" + array.length + " bytes)" : "");
    }
}
