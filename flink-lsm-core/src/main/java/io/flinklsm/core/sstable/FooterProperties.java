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
package io.flinklsm.core.sstable;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.footer.ParquetFooter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an SSTable says of itself in its footer's key-value pairs. The last two pairs have values of
 * fixed width, so that they are found and checked before anything else of the footer is parsed.
 */
record FooterProperties(
        NewSstable file,
        SstableMeta.Content content,
        @Nullable EntryColumns columns,
        ValueColumns valueColumns,
        boolean filtersPrefixes,
        @Nullable String sketch,
        int pagesChecksum,
        long tailOffset) {

    FooterProperties {
        if (valueColumns == ValueColumns.TYPED && columns == null) {
            throw new IllegalArgumentException(
                    "["
                            + file.identity().fileName()
                            + "] typed columns are not described: columns=null");
        }
        if (tailOffset <= 0) {
            throw new IllegalArgumentException(
                    "["
                            + file.identity().fileName()
                            + "] the tail begins before the pages: tailOffset="
                            + tailOffset);
        }
    }

    static final int OFFSET_DIGITS = 16;
    static final int CHECKSUM_DIGITS = 8;

    /** The pairs in their order, the tail's checksum still being zeros. */
    Map<String, String> toPairs() {
        Map<String, String> pairs = new LinkedHashMap<>();
        add(pairs, SstableFormat.FORMAT_PROPERTY, SstableFormat.VERSION);
        SstableIdentity identity = file.identity();
        add(pairs, SstableFormat.TREE_PROPERTY, identity.treeName());
        add(pairs, SstableFormat.LEVEL_PROPERTY, file.level());
        add(pairs, SstableFormat.GENERATION_PROPERTY, identity.generation());
        add(pairs, SstableFormat.CREATED_PROPERTY, Instant.ofEpochMilli(file.createdMillis()));
        add(pairs, SstableFormat.ENTRIES_PROPERTY, content.entryCount());
        add(pairs, SstableFormat.TOMBSTONES_PROPERTY, content.tombstoneCount());
        add(pairs, SstableFormat.MERGES_PROPERTY, content.mergeCount());
        add(pairs, SstableFormat.MIN_WRITE_TIME_PROPERTY, identity.minWriteTimeMillis());
        add(pairs, SstableFormat.MAX_WRITE_TIME_PROPERTY, identity.maxWriteTimeMillis());
        add(pairs, SstableFormat.MIN_KEY_PROPERTY, hex(content.minKey()));
        add(pairs, SstableFormat.MAX_KEY_PROPERTY, hex(content.maxKey()));
        if (columns != null) {
            add(pairs, SstableFormat.COLUMNS_PROPERTY, columns);
        }
        if (filtersPrefixes) {
            add(pairs, SstableFormat.PREFIXES_PROPERTY, true);
        }
        add(pairs, SstableFormat.VALUE_COLUMNS_PROPERTY, name(valueColumns));
        if (sketch != null) {
            add(pairs, SstableFormat.SKETCH_PROPERTY, sketch);
        }
        add(
                pairs,
                SstableFormat.PAGES_CHECKSUM_PROPERTY,
                HexFormat.of().toHexDigits(pagesChecksum));
        add(pairs, SstableFormat.TAIL_OFFSET_PROPERTY, HexFormat.of().toHexDigits(tailOffset));
        add(pairs, SstableFormat.TAIL_CHECKSUM_PROPERTY, "0".repeat(CHECKSUM_DIGITS));
        return pairs;
    }

    /** The meta that the pairs of a file describe. */
    static SstableMeta toMeta(String fileName, Map<String, String> pairs, SstableMeta.Extent extent)
            throws MalformedPageException {
        try {
            return new SstableMeta(
                    new SstableIdentity(
                            fileName,
                            value(pairs, SstableFormat.TREE_PROPERTY),
                            number(pairs, SstableFormat.GENERATION_PROPERTY),
                            number(pairs, SstableFormat.MIN_WRITE_TIME_PROPERTY),
                            number(pairs, SstableFormat.MAX_WRITE_TIME_PROPERTY)),
                    extent,
                    new SstableMeta.Content(
                            number(pairs, SstableFormat.ENTRIES_PROPERTY),
                            number(pairs, SstableFormat.TOMBSTONES_PROPERTY),
                            number(pairs, SstableFormat.MERGES_PROPERTY),
                            key(pairs, SstableFormat.MIN_KEY_PROPERTY),
                            key(pairs, SstableFormat.MAX_KEY_PROPERTY)),
                    Integer.parseInt(value(pairs, SstableFormat.LEVEL_PROPERTY)),
                    null);
        } catch (IllegalArgumentException e) {
            throw new MalformedPageException("footer property is malformed: " + e.getMessage());
        }
    }

    /**
     * The typed columns that the file has; null if it has bytes alone.
     *
     * @throws MalformedPageException if they are not described, or by an unknown type
     */
    static @Nullable EntryColumns typedColumns(Map<String, String> pairs)
            throws MalformedPageException {
        String wanted = value(pairs, SstableFormat.VALUE_COLUMNS_PROPERTY);
        if (wanted.equals(name(ValueColumns.BINARY))) {
            return null;
        }
        if (!wanted.equals(name(ValueColumns.TYPED))) {
            throw new MalformedPageException("unknown value columns: found=" + wanted);
        }
        EntryColumns columns = describedColumns(pairs);
        if (columns == null) {
            throw new MalformedPageException(
                    "footer property is missing: property=" + SstableFormat.COLUMNS_PROPERTY);
        }
        return columns;
    }

    /** What is said of the entries, whether they stand in typed columns or not; null if nothing. */
    static @Nullable EntryColumns describedColumns(Map<String, String> pairs)
            throws MalformedPageException {
        String text = pairs.get(SstableFormat.COLUMNS_PROPERTY);
        try {
            return text == null ? null : EntryColumns.parse(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedPageException("columns are malformed: " + e.getMessage());
        }
    }

    /** Whether the bloom filters know the prefixes of maps as well as whole keys. */
    static boolean filtersPrefixes(Map<String, String> pairs) {
        return "true".equals(pairs.get(SstableFormat.PREFIXES_PROPERTY));
    }

    /** CRC32C of all that stands before the tail. */
    static int pagesChecksum(Map<String, String> pairs) throws MalformedPageException {
        try {
            return Integer.parseUnsignedInt(
                    value(pairs, SstableFormat.PAGES_CHECKSUM_PROPERTY), 16);
        } catch (NumberFormatException e) {
            throw new MalformedPageException("footer property is malformed: " + e.getMessage());
        }
    }

    private static String name(ValueColumns valueColumns) {
        return valueColumns.name().toLowerCase(Locale.ROOT);
    }

    /** Puts the checksum's digits in the place of the zeros. */
    static void setChecksum(byte[] footer, int checksum) {
        int at =
                ParquetFooter.valueAt(
                        footer, SstableFormat.TAIL_CHECKSUM_PROPERTY, CHECKSUM_DIGITS);
        byte[] digits = HexFormat.of().toHexDigits(checksum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, footer, at, CHECKSUM_DIGITS);
    }

    private static void add(Map<String, String> pairs, String key, Object value) {
        pairs.put(key, value.toString());
    }

    private static String hex(OwnedSlice key) {
        return HexFormat.of().formatHex(key.bytesUnsafe());
    }

    private static OwnedSlice key(Map<String, String> pairs, String property)
            throws MalformedPageException {
        return OwnedSlice.wrap(HexFormat.of().parseHex(value(pairs, property)));
    }

    private static long number(Map<String, String> pairs, String property)
            throws MalformedPageException {
        return Long.parseLong(value(pairs, property));
    }

    private static String value(Map<String, String> pairs, String property)
            throws MalformedPageException {
        @Nullable String value = pairs.get(property);
        if (value == null) {
            throw new MalformedPageException("footer property is missing: property=" + property);
        }
        return value;
    }
}
