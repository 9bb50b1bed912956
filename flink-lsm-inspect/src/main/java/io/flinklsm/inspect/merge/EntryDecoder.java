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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafCursor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes the bytes of an entry apart into plain Java values, by the columns in the footer: Boolean,
 * Integer, Long, Float, Double, BigDecimal, String (also for dates and times, ISO-8601), byte[],
 * List, and Map for groups; a list of {@link MapEntry} for maps. Confined to one thread.
 */
public final class EntryDecoder {

    /** An entry of a map value; keys need not be strings. */
    public record MapEntry(@Nullable Object key, @Nullable Object value) {}

    /** With seconds even if they are zero, and as many digits of them as there are. */
    private static final DateTimeFormatter TIME = DateTimeFormatter.ISO_LOCAL_TIME;

    private final EntryBinding binding;
    private final List<Node> keyNodes = new ArrayList<>();
    private final List<Node> valueNodes = new ArrayList<>();

    /** A schema element with its level of definition and, for a leaf, its cursor. */
    private record Node(
            ColumnNode column, int definition, @Nullable Leaf leaf, List<Node> children) {

        LeafCursor first() {
            Node node = this;
            while (node.leaf == null) {
                node = node.children.get(0);
            }
            return node.leaf.cursor();
        }

        void skipNull() {
            if (leaf != null) {
                leaf.cursor().next();
            } else {
                children.forEach(Node::skipNull);
            }
        }
    }

    public EntryDecoder(EntryColumns columns) {
        binding = new EntryBinding(columns);
        List<Leaf> leaves = new ArrayList<>(binding.keyLeaves());
        leaves.addAll(binding.valueLeaves());
        Iterator<Leaf> next = leaves.iterator();
        int keyLeavesLeft = binding.keyLeaves().size();
        for (ColumnNode column : binding.nodes()) {
            Node node = node(column, 0, next);
            (keyLeavesLeft > 0 ? keyNodes : valueNodes).add(node);
            keyLeavesLeft -= leafCount(node);
        }
    }

    private static Node node(ColumnNode column, int parentDefinition, Iterator<Leaf> leaves) {
        int definition =
                parentDefinition + (column.repetition() == ColumnNode.Repetition.REQUIRED ? 0 : 1);
        if (column.physical() != null) {
            return new Node(column, definition, leaves.next(), List.of());
        }
        List<Node> children = new ArrayList<>();
        for (ColumnNode child : column.children()) {
            children.add(node(child, definition, leaves));
        }
        return new Node(column, definition, null, children);
    }

    private static int leafCount(Node node) {
        return node.leaf() != null
                ? 1
                : node.children().stream().mapToInt(EntryDecoder::leafCount).sum();
    }

    /** The columns of the key by name; empty if the key does not fit its columns. */
    public Map<String, @Nullable Object> key(Slice key) {
        if (binding.keyLeaves().isEmpty()) {
            return Map.of();
        }
        clear(binding.keyLeaves());
        if (!binding.addKey(key)) {
            return Map.of();
        }
        seek(binding.keyLeaves());
        return read(keyNodes);
    }

    /** The columns of the value by name; null if the value does not fit its columns. */
    public @Nullable Map<String, @Nullable Object> value(Slice value) {
        if (!binding.hasTypedValues()) {
            return null;
        }
        clear(binding.valueLeaves());
        if (!binding.addValue(value)) {
            return null;
        }
        seek(binding.valueLeaves());
        return read(valueNodes);
    }

    private static void clear(List<Leaf> leaves) {
        leaves.forEach(leaf -> leaf.buffer().clear());
    }

    private static void seek(List<Leaf> leaves) {
        for (Leaf leaf : leaves) {
            leaf.cursor().setBuffer(leaf.buffer(), 1);
            leaf.cursor().seekRow(0);
        }
    }

    private static Map<String, @Nullable Object> read(List<Node> nodes) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        for (Node node : nodes) {
            columns.put(node.column().name(), read(node));
        }
        return columns;
    }

    private static @Nullable Object read(Node node) {
        Leaf leaf = node.leaf();
        if (leaf != null) {
            LeafCursor cursor = leaf.cursor();
            Object value =
                    cursor.definition() < node.definition() ? null : scalar(node.column(), cursor);
            cursor.next();
            return value;
        }
        if (node.first().definition() < node.definition()) {
            node.skipNull();
            return null;
        }
        Node only = node.children().get(0);
        if (only.column().repetition() == ColumnNode.Repetition.REPEATED) {
            return repeated(node, only);
        }
        return read(node.children());
    }

    private static List<@Nullable Object> repeated(Node group, Node repeated) {
        List<@Nullable Object> elements = new ArrayList<>();
        LeafCursor first = repeated.first();
        if (first.definition() < repeated.definition()) {
            repeated.skipNull();
            return elements;
        }
        int repetition = repetitionOf(repeated);
        boolean isMap = group.column().annotation().kind() == Annotation.Kind.MAP;
        do {
            if (isMap) {
                Object key = read(repeated.children().get(0));
                elements.add(new MapEntry(key, read(repeated.children().get(1))));
            } else {
                elements.add(read(repeated.children().get(0)));
            }
        } while (first.isInRow() && first.repetition() == repetition);
        return elements;
    }

    /** How deep it is repeated: what leaves below it have, less the repeated elements between. */
    private static int repetitionOf(Node repeated) {
        Node node = repeated;
        int below = 0;
        while (node.leaf() == null) {
            node = node.children().get(0);
            below += node.column().repetition() == ColumnNode.Repetition.REPEATED ? 1 : 0;
        }
        return node.leaf().column().maxRepetitionLevel() - below;
    }

    private static Object scalar(ColumnNode column, LeafCursor cursor) {
        Annotation annotation = column.annotation();
        return switch (cursor.column().physical()) {
            case BOOLEAN -> cursor.booleanValue();
            case FLOAT -> Float.intBitsToFloat(cursor.intValue());
            case DOUBLE -> Double.longBitsToDouble(cursor.longValue());
            case INT32 -> intValue(annotation, cursor.intValue());
            case INT64 -> longValue(annotation, cursor.longValue());
            case BYTES -> bytesValue(annotation, cursor);
        };
    }

    private static Object intValue(Annotation annotation, int value) {
        return switch (annotation.kind()) {
            case DATE -> LocalDate.ofEpochDay(value).toString();
            case TIME_MILLIS ->
                    value < 0 || value >= 86_400_000
                            ? (Object) value
                            : TIME.format(LocalTime.ofNanoOfDay(value * 1_000_000L));
            case DECIMAL -> BigDecimal.valueOf(value, annotation.second());
            case INTEGER ->
                    annotation.second() == 0
                            ? (Object) (value & (0xFFFF_FFFFL >>> (32 - annotation.first())))
                            : (Object) value;
            default -> value;
        };
    }

    private static Object longValue(Annotation annotation, long value) {
        return switch (annotation.kind()) {
            case TIMESTAMP_MILLIS -> timestamp(annotation, value, 1_000L);
            case TIMESTAMP_MICROS -> timestamp(annotation, value, 1_000_000L);
            case TIMESTAMP_NANOS -> timestamp(annotation, value, 1_000_000_000L);
            case TIME_NANOS ->
                    value < 0 || value >= 86_400_000_000_000L
                            ? (Object) value
                            : TIME.format(LocalTime.ofNanoOfDay(value));
            case DECIMAL -> BigDecimal.valueOf(value, annotation.second());
            default -> value;
        };
    }

    /** ISO-8601, of any year; an instant ends with Z, local time does not. */
    private static String timestamp(Annotation annotation, long value, long perSecond) {
        long seconds = Math.floorDiv(value, perSecond);
        long nanos = Math.floorMod(value, perSecond) * (1_000_000_000L / perSecond);
        String text =
                DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
                        LocalDateTime.ofEpochSecond(seconds, (int) nanos, ZoneOffset.UTC));
        return annotation.first() == 1 ? text + "Z" : text;
    }

    private static Object bytesValue(Annotation annotation, LeafCursor cursor) {
        byte[] bytes = new byte[cursor.bytesLength()];
        System.arraycopy(cursor.bytes(), cursor.bytesFrom(), bytes, 0, bytes.length);
        return switch (annotation.kind()) {
            case STRING, ENUM -> new String(bytes, StandardCharsets.UTF_8);
            case DECIMAL ->
                    bytes.length == 0
                            ? bytes
                            : new BigDecimal(new BigInteger(bytes), annotation.second());
            default -> bytes;
        };
    }
}
