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
package io.flinklsm.core.columns;

import io.flinklsm.core.columns.leaf.TypeText;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the entries of one tree stand in columns. Immutable; equal if the texts are.
 *
 * <pre>
 * key of an entry: key group | key [length] | namespace [length] [| map key]
 * queue:           key group | element
 * </pre>
 *
 * @param keyGroupBytes bytes of the key group at the start of the key
 * @param key of a queue: its elements, the whole key behind the key group
 * @param hasLengths whether key and namespace are followed by their lengths, least significant byte
 *     first, as many bytes as the length takes
 * @param namespace void if it says nothing
 * @param mapKey of map state only
 * @param value null if entries have empty values (queues)
 */
public record EntryColumns(
        StateKind kind,
        int keyGroupBytes,
        boolean hasLengths,
        ColumnType key,
        ColumnType namespace,
        @Nullable ColumnType mapKey,
        @Nullable ColumnType value) {

    public static final String KEY_COLUMN = "key";
    public static final String NAMESPACE_COLUMN = "namespace";
    public static final String MAP_KEY_COLUMN = "map_key";
    public static final String TTL_COLUMN = "ttl_timestamp";
    public static final String VALUE_COLUMN = "value";

    private static final String NONE = "none";

    public EntryColumns {
        if (keyGroupBytes < 0 || keyGroupBytes > 2) {
            throw new IllegalArgumentException(
                    "a key group takes 0 to 2 bytes: keyGroupBytes=" + keyGroupBytes);
        }
    }

    /**
     * Whether the keys of two entries differ only if their keys do, as Flink calls them: there is
     * neither a namespace that says something nor a map key.
     */
    public boolean isKeyAll() {
        return mapKey == null && (kind == StateKind.QUEUE || namespace instanceof VoidType);
    }

    /** Whether values, or the elements or map values that they are, have a time to live. */
    public boolean hasTimeToLive() {
        return value != null && value.hasTimeToLive();
    }

    /**
     * The columns of a key alone: of the first {@link EntryBinding#keyBytes} bytes of an entry's
     * key, and a zero behind them where {@link #hasLengths}.
     */
    public EntryColumns ofKeyAlone() {
        return new EntryColumns(
                StateKind.VALUE,
                keyGroupBytes,
                hasLengths,
                key,
                new VoidType(new byte[0]),
                null,
                null);
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @throws IllegalArgumentException if the text is no such thing, or names unknown types
     */
    public static EntryColumns parse(String text) {
        TypeText row = TypeText.parse(text);
        row.child(0, 4);
        return new EntryColumns(
                StateKind.valueOf(row.name().toUpperCase(Locale.ROOT)),
                row.intAttribute(0, 0, 2),
                row.intAttribute(1, 0, 1) == 1,
                ColumnTypes.of(row.children().get(0)),
                ColumnTypes.of(row.children().get(1)),
                optional(row.children().get(2)),
                optional(row.children().get(3)));
    }

    @Override
    public String toString() {
        return new TypeText(
                        kind.name().toLowerCase(Locale.ROOT),
                        List.of(Integer.toString(keyGroupBytes), hasLengths ? "1" : "0"),
                        List.of(KEY_COLUMN, NAMESPACE_COLUMN, MAP_KEY_COLUMN, VALUE_COLUMN),
                        List.of(key.text(), namespace.text(), text(mapKey), text(value)))
                .toString();
    }

    private static TypeText text(@Nullable ColumnType type) {
        return type == null ? TypeText.of(NONE) : type.text();
    }

    private static @Nullable ColumnType optional(TypeText text) {
        return NONE.equals(text.name()) ? null : ColumnTypes.of(text);
    }
}
