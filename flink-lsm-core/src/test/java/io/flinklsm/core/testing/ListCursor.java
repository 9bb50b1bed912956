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
package io.flinklsm.core.testing;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A cursor over a list of entries. Lends its slices as meanly as the contract allows: what it lent
 * is overwritten at the next move.
 */
public final class ListCursor implements EntryCursor {

    /** One entry, owned. */
    public record Entry(OwnedSlice key, EntryKind kind, OwnedSlice value) {

        @Override
        public String toString() {
            return key + " " + kind + (kind == EntryKind.DELETE ? "" : " " + value);
        }
    }

    private final List<Entry> entries;
    private int next;
    private EntryKind kind = EntryKind.DELETE;
    private byte[] keyBytes = new byte[0];
    private byte[] valueBytes = new byte[0];
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private int closedTimes;

    public ListCursor(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /**
     * Reads {@code a=1} (PUT), {@code b-} (DELETE) and {@code c+2} (MERGE), separated by spaces.
     */
    public static ListCursor of(String picture) {
        List<Entry> entries = new ArrayList<>();
        for (String word : picture.isBlank() ? new String[0] : picture.trim().split(" +")) {
            entries.add(entry(word));
        }
        return new ListCursor(entries);
    }

    private static Entry entry(String word) {
        for (int i = 0; i < word.length(); i++) {
            EntryKind found =
                    switch (word.charAt(i)) {
                        case '=' -> EntryKind.PUT;
                        case '-' -> EntryKind.DELETE;
                        case '+' -> EntryKind.MERGE;
                        default -> null;
                    };
            if (found != null) {
                return new Entry(
                        OwnedSlice.ofText(word.substring(0, i)),
                        found,
                        OwnedSlice.ofText(word.substring(i + 1)));
            }
        }
        throw new IllegalArgumentException("not an entry: " + word);
    }

    /** Everything that is left, in the form that {@link #of} reads. */
    public static String picture(EntryCursor cursor) throws IOException {
        StringBuilder picture = new StringBuilder();
        for (Entry entry : drain(cursor)) {
            String sign =
                    switch (entry.kind()) {
                        case PUT -> "=";
                        case DELETE -> "-";
                        case MERGE -> "+";
                    };
            picture.append(picture.isEmpty() ? "" : " ").append(entry.key()).append(sign);
            picture.append(entry.value());
        }
        return picture.toString();
    }

    /** Everything that is left, copied; closes the cursor. */
    public static List<Entry> drain(EntryCursor cursor) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (cursor) {
            while (cursor.next()) {
                entries.add(
                        new Entry(cursor.key().toOwned(), cursor.kind(), cursor.value().toOwned()));
            }
        }
        return entries;
    }

    @Override
    public boolean next() {
        Arrays.fill(keyBytes, (byte) 0xEE);
        Arrays.fill(valueBytes, (byte) 0xEE);
        if (next == entries.size()) {
            key.clear();
            value.clear();
            return false;
        }
        Entry entry = entries.get(next++);
        kind = entry.kind();
        keyBytes = entry.key().toBytes();
        valueBytes = entry.value().toBytes();
        key.setBytes(keyBytes, 0, keyBytes.length);
        value.setBytes(valueBytes, 0, valueBytes.length);
        return true;
    }

    @Override
    public Slice key() {
        return key;
    }

    @Override
    public EntryKind kind() {
        return kind;
    }

    @Override
    public Slice value() {
        return value;
    }

    public int closedTimes() {
        return closedTimes;
    }

    @Override
    public void close() {
        closedTimes++;
    }
}
