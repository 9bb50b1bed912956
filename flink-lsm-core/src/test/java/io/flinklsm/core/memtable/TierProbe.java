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
package io.flinklsm.core.memtable;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.Lookup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes text to a tier and reads it back as text; keys are {@code prefix/suffix} or plain. */
final class TierProbe {

    /** What a read says if the key has no value. */
    static final String ABSENT = "absent";

    /** What it says if the files must be asked, before the operands that they do not have. */
    static final String UNKNOWN = "?";

    private final HotTier tier;
    private final KeyBuffer key = new KeyBuffer();
    private final ValueBuffer out = new ValueBuffer();
    private final Lookup lookup = new Lookup();
    private long nextGeneration = 2;

    /** For a tier whose open generation has number 1. */
    TierProbe(HotTier tier) {
        this.tier = tier;
    }

    private MapTier maps() {
        return (MapTier) tier;
    }

    KeyBuffer key(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        int slash = text.indexOf('/');
        return key.set(bytes, 0, bytes.length, slash < 0 ? bytes.length : slash + 1);
    }

    boolean put(String k, String value) {
        byte[] bytes = value.getBytes(UTF_8);
        return tier.put(key(k), bytes, 0, bytes.length);
    }

    boolean delete(String k) {
        return tier.delete(key(k));
    }

    boolean merge(String k, String operand) {
        byte[] bytes = operand.getBytes(UTF_8);
        return tier.merge(key(k), bytes, 0, bytes.length);
    }

    boolean write(String what, String k, String value) {
        return switch (what) {
            case "none" -> true;
            case "put" -> put(k, value);
            case "delete" -> delete(k);
            case "merge" -> merge(k, value);
            default -> throw new AssertionError(what);
        };
    }

    boolean keep(String k, String value) {
        ValueBuffer bytes = new ValueBuffer();
        bytes.append(value.getBytes(UTF_8), 0, value.getBytes(UTF_8).length);
        return tier.keep(key(k), bytes);
    }

    /** Keeps what the files have below the operands in memory, given the value as a whole. */
    boolean keepBelow(String k, String value) {
        ValueBuffer bytes = new ValueBuffer();
        bytes.append(value.getBytes(UTF_8), 0, value.getBytes(UTF_8).length);
        return ((EntryTier) tier).keepBelow(key(k), bytes);
    }

    /** The value, {@link #ABSENT}, or {@link #UNKNOWN} and what is to be folded into the files'. */
    String get(String k) {
        tier.lock();
        int found;
        try {
            found = tier.find(key(k), out, lookup);
        } finally {
            tier.unlock();
        }
        return switch (found) {
            case HotTier.FOUND -> text(out);
            case HotTier.ABSENT -> ABSENT;
            case HotTier.UNKNOWN -> UNKNOWN;
            case HotTier.OPERANDS -> UNKNOWN + (lookup.finish() ? text(out) : "");
            default -> throw new AssertionError(found);
        };
    }

    /** The live entries with the prefix, one {@code suffix=value} each; null if files have some. */
    @Nullable List<String> page(String prefix) {
        int found = maps().readPage(key(prefix), null, Integer.MAX_VALUE, Integer.MAX_VALUE, out);
        return found == HotTier.UNKNOWN ? null : lines(out);
    }

    /** The same, read in pages of a few entries. */
    List<String> pages(String prefix, int entriesMax) {
        List<String> all = new ArrayList<>();
        KeyBuffer after = null;
        int found;
        do {
            KeyBuffer wanted = key(prefix);
            found = maps().readPage(wanted, after, entriesMax, Integer.MAX_VALUE, out);
            List<String> lines = lines(out);
            all.addAll(lines);
            if (!lines.isEmpty()) {
                String last = lines.get(lines.size() - 1);
                byte[] bytes = (prefix + last.substring(0, last.indexOf('='))).getBytes(UTF_8);
                after = new KeyBuffer().set(bytes, 0, bytes.length, wanted.length());
            }
        } while (found == HotTier.FOUND);
        return all;
    }

    /** Keeps these entries, {@code suffix, value} in turns, as all that the prefix has. */
    void keepAll(String prefix, String... suffixesAndValues) {
        ValueBuffer page = new ValueBuffer();
        for (int i = 0; i < suffixesAndValues.length; i += 2) {
            byte[] suffix = suffixesAndValues[i].getBytes(UTF_8);
            byte[] value = suffixesAndValues[i + 1].getBytes(UTF_8);
            page.appendInt(suffix.length).appendInt(value.length);
            page.append(suffix, 0, suffix.length).append(value, 0, value.length);
        }
        maps().keepPage(HotTier.ALWAYS, key(prefix), null, page, true, new KeyBuffer());
    }

    /** Keeps a page of entries with six digits, from a number on, behind the number before. */
    void keepPage(String prefix, int from, int count, boolean isLast) {
        ValueBuffer page = new ValueBuffer();
        for (int i = from; i < from + count; i++) {
            byte[] suffix = digits(i).getBytes(UTF_8);
            page.appendInt(suffix.length).appendInt(1);
            page.append(suffix, 0, suffix.length).append((byte) 'v');
        }
        KeyBuffer after = null;
        if (from > 0) {
            byte[] last = (prefix + digits(from - 1)).getBytes(UTF_8);
            after = new KeyBuffer().set(last, 0, last.length, prefix.length());
        }
        maps().keepPage(HotTier.ALWAYS, key(prefix), after, page, isLast, new KeyBuffer());
    }

    private static String digits(int number) {
        return String.format(Locale.ROOT, "%06d", number);
    }

    private static List<String> lines(ValueBuffer page) {
        List<String> lines = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(page.toBytes());
        while (bytes.hasRemaining()) {
            byte[] suffix = new byte[bytes.getInt()];
            byte[] value = new byte[bytes.getInt()];
            bytes.get(suffix).get(value);
            lines.add(new String(suffix, UTF_8) + "=" + new String(value, UTF_8));
        }
        return lines;
    }

    /** Ends the open generation; null if it has nothing for a file. */
    @Nullable Generation freeze() {
        return tier.freeze(nextGeneration++, 0);
    }

    /** Ends the open generation, and pretends that an SSTable has it now. */
    void flush() {
        flush(freeze());
    }

    void flush(@Nullable Generation frozen) {
        if (frozen != null) {
            tier.becomeClean(List.of(frozen), () -> {});
        }
    }

    /** What a flush of it writes, one {@code key:KIND value} an entry. */
    static List<String> entries(@Nullable Generation frozen) throws IOException {
        return frozen == null ? List.of() : drain(frozen.cursor(KeyRange.ALL));
    }

    static List<String> drain(EntryCursor cursor) throws IOException {
        List<String> lines = new ArrayList<>();
        try (cursor) {
            while (cursor.next()) {
                lines.add(line(cursor));
            }
        }
        return lines;
    }

    static String line(EntryCursor cursor) {
        String value = new String(cursor.value().toBytes(), UTF_8);
        return new String(cursor.key().toBytes(), UTF_8)
                + ":"
                + cursor.kind()
                + (value.isEmpty() ? "" : " " + value);
    }

    private static String text(ValueBuffer bytes) {
        return new String(bytes.toBytes(), UTF_8);
    }
}
