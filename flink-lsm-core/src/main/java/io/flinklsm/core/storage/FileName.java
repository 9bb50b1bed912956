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
package io.flinklsm.core.storage;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an SSTable's file: tells a person what it is, and is like no other in the world.
 *
 * <pre>
 * counts-L1-G42-20261122T203800123Z-0123456789abcdef0123456789abcdef.parquet
 * tree   level generation  created (UTC)   unique: 128 random bits
 * </pre>
 *
 * <p>The engine trusts the footer and the manifest, not the name: a file keeps its name when it
 * moves to another level, and the tree's name is sanitised in it.
 *
 * @param tree the tree's name, sanitised: {@code [A-Za-z0-9_.-]}, 1 to {@link #MAX_TREE_CHARS}
 * @param createdMillis milliseconds since the epoch
 * @param suffix 32 lower-case hexadecimal digits
 */
public record FileName(String tree, int level, long generation, long createdMillis, String suffix) {

    public static final int MAX_TREE_CHARS = 60;

    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder()
                    .appendPattern("uuuuMMdd'T'HHmmss")
                    .appendValue(ChronoField.MILLI_OF_SECOND, 3)
                    .appendLiteral('Z')
                    .toFormatter(Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private static final Pattern TREE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

    private static final Pattern SUFFIX = Pattern.compile("[0-9a-f]{32}");

    private static final Pattern NAME =
            Pattern.compile(
                    "(.+)-L([0-9]{1,9})-G([0-9]{1,18})-([0-9]{8}T[0-9]{9}Z)-([0-9a-f]{32})\\.parquet");

    /** The last instant that the time's four digits of a year can tell. */
    private static final long MAX_MILLIS = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();

    public FileName {
        if (tree.length() > MAX_TREE_CHARS || !TREE.matcher(tree).matches()) {
            throw new IllegalArgumentException("not a sanitised tree name: tree=" + tree);
        }
        if (level < 0 || generation < 0 || createdMillis < 0 || createdMillis > MAX_MILLIS) {
            throw new IllegalArgumentException(
                    "a file name cannot tell this: level="
                            + level
                            + ", generation="
                            + generation
                            + ", createdMillis="
                            + createdMillis);
        }
        if (!SUFFIX.matcher(suffix).matches()) {
            throw new IllegalArgumentException("not 32 hexadecimal digits: suffix=" + suffix);
        }
    }

    /** A new name; the generator gives it its 128 unique bits. */
    public static FileName create(
            String treeName,
            int level,
            long generation,
            long createdMillis,
            RandomGenerator random) {
        return new FileName(
                sanitise(treeName),
                level,
                generation,
                createdMillis,
                hex(random.nextLong()) + hex(random.nextLong()));
    }

    private static String hex(long bits) {
        return HexFormat.of().toHexDigits(bits);
    }

    /**
     * @throws IllegalArgumentException if {@link #format} never gives this name
     */
    public static FileName parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not the name of an SSTable: name=" + name);
        }
        try {
            return new FileName(
                    matcher.group(1),
                    Integer.parseInt(matcher.group(2)),
                    Long.parseLong(matcher.group(3)),
                    Instant.from(TIME.parse(matcher.group(4))).toEpochMilli(),
                    matcher.group(5));
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("not the name of an SSTable: name=" + name, e);
        }
    }

    public String format() {
        return tree
                + "-L"
                + level
                + "-G"
                + generation
                + "-"
                + TIME.format(Instant.ofEpochMilli(createdMillis))
                + "-"
                + suffix
                + ".parquet";
    }

    @Override
    public String toString() {
        return format();
    }

    /** The name with everything else replaced by {@code _}, cut, never empty or hidden. */
    static String sanitise(String treeName) {
        StringBuilder clean = new StringBuilder();
        for (int i = 0; i < treeName.length() && clean.length() < MAX_TREE_CHARS; i++) {
            char c = treeName.charAt(i);
            boolean plain =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '_'
                            || (clean.length() > 0 && (c == '-' || c == '.'));
            clean.append(plain ? c : '_');
        }
        return clean.length() == 0 ? "_" : clean.toString();
    }
}
