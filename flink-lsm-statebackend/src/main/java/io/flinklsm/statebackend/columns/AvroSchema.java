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
package io.flinklsm.statebackend.columns;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

/**
 * A schema of Avro, as far as it says which bytes are written. Read from its JSON with Flink's own
 * Jackson: Avro's classes are those of the job, if there are any. Schemas with names may be parts
 * of themselves; each of them is one object. Immutable once it is parsed: safe for any thread.
 */
final class AvroSchema {

    /** Above what a schema that people wrote is nested. */
    private static final int MAX_DEPTH = 256;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What is written, in Avro's words. */
    enum Kind {
        NULL,
        BOOLEAN,
        INT,
        LONG,
        FLOAT,
        DOUBLE,
        BYTES,
        STRING,
        RECORD,
        ENUM,
        ARRAY,
        MAP,
        UNION,
        FIXED
    }

    private final Kind kind;
    private final String name;
    private final String logicalType;
    private final int precision;
    private final int scale;
    private final int size;
    private final List<String> names = new ArrayList<>();
    private final List<AvroSchema> parts = new ArrayList<>();

    private AvroSchema(Kind kind, String name, @Nullable JsonNode json) {
        this.kind = kind;
        this.name = name;
        this.logicalType = json == null ? "" : json.path("logicalType").asText("");
        this.precision = json == null ? 0 : json.path("precision").asInt(0);
        this.scale = json == null ? 0 : json.path("scale").asInt(0);
        this.size = json == null ? 0 : json.path("size").asInt(-1);
    }

    /**
     * @throws IllegalArgumentException if the text is no schema
     */
    static AvroSchema parse(String json) {
        try {
            return new Parser().schema(JSON.readTree(json), "", 0);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no schema of Avro: " + e.getOriginalMessage(), e);
        }
    }

    Kind kind() {
        return kind;
    }

    /** Of a record, an enum or a fixed, without its namespace; else the kind's. */
    String name() {
        return name;
    }

    /** What the value means, as the schema says it; empty if it does not. */
    String logicalType() {
        return logicalType;
    }

    /** Digits of a decimal. */
    int precision() {
        return precision;
    }

    /** Digits of a decimal behind the point. */
    int scale() {
        return scale;
    }

    /** Bytes of a fixed. */
    int size() {
        return size;
    }

    /** Of a record's fields, or of an enum's constants. */
    List<String> names() {
        return names;
    }

    /** A record's fields, a union's members, the elements of an array, the values of a map. */
    List<AvroSchema> parts() {
        return parts;
    }

    private static final class Parser {
        private final Map<String, AvroSchema> named = new HashMap<>();

        AvroSchema schema(JsonNode json, String namespace, int depth) {
            if (depth > MAX_DEPTH) {
                throw new IllegalArgumentException("a schema is nested too deep: depth=" + depth);
            }
            if (json.isTextual()) {
                return byName(json.textValue(), namespace, null);
            }
            if (json.isArray()) {
                AvroSchema union = new AvroSchema(Kind.UNION, "union", null);
                for (JsonNode member : json) {
                    union.parts.add(schema(member, namespace, depth + 1));
                }
                return union;
            }
            JsonNode type = json.path("type");
            if (!type.isTextual()) {
                if (!type.isContainerNode()) {
                    throw new IllegalArgumentException("a schema has no type");
                }
                return schema(type, namespace, depth + 1);
            }
            return switch (type.textValue()) {
                case "record", "error" -> record(json, namespace, depth);
                case "enum" -> {
                    AvroSchema schema = named(Kind.ENUM, json, namespace);
                    json.path("symbols").forEach(symbol -> schema.names.add(symbol.asText()));
                    yield schema;
                }
                case "fixed" -> {
                    AvroSchema schema = named(Kind.FIXED, json, namespace);
                    if (schema.size < 0) {
                        throw new IllegalArgumentException("a fixed has no size: " + schema.name);
                    }
                    yield schema;
                }
                case "array" -> collection(Kind.ARRAY, json.path("items"), namespace, depth);
                case "map" -> collection(Kind.MAP, json.path("values"), namespace, depth);
                default -> byName(type.textValue(), namespace, json);
            };
        }

        private AvroSchema record(JsonNode json, String namespace, int depth) {
            AvroSchema schema = named(Kind.RECORD, json, namespace);
            String inside = namespaceOf(fullName(json, namespace));
            for (JsonNode field : json.path("fields")) {
                schema.names.add(field.path("name").asText(""));
                schema.parts.add(schema(field.path("type"), inside, depth + 1));
            }
            return schema;
        }

        private AvroSchema collection(Kind kind, JsonNode part, String namespace, int depth) {
            AvroSchema schema = new AvroSchema(kind, lowerCase(kind), null);
            schema.parts.add(schema(part, namespace, depth + 1));
            return schema;
        }

        private AvroSchema named(Kind kind, JsonNode json, String namespace) {
            String fullName = fullName(json, namespace);
            String name = fullName.substring(fullName.lastIndexOf('.') + 1);
            AvroSchema schema = new AvroSchema(kind, name, json);
            if (name.isEmpty() || named.put(fullName, schema) != null) {
                throw new IllegalArgumentException(
                        "a schema has no name, or one of two schemas: name=" + fullName);
            }
            return schema;
        }

        private static String fullName(JsonNode json, String namespace) {
            String name = json.path("name").asText("");
            return qualified(name, json.path("namespace").asText(namespace));
        }

        private static String qualified(String name, String namespace) {
            return name.indexOf('.') >= 0 || namespace.isEmpty() ? name : namespace + '.' + name;
        }

        private static String namespaceOf(String fullName) {
            return fullName.substring(0, Math.max(0, fullName.lastIndexOf('.')));
        }

        private AvroSchema byName(String name, String namespace, @Nullable JsonNode json) {
            for (Kind kind : Kind.values()) {
                if (kind.compareTo(Kind.STRING) <= 0 && lowerCase(kind).equals(name)) {
                    return new AvroSchema(kind, name, json);
                }
            }
            AvroSchema known = named.get(qualified(name, namespace));
            if (known == null) {
                known = named.get(name);
            }
            if (known == null) {
                throw new IllegalArgumentException("a schema is not defined: name=" + name);
            }
            return known;
        }

        private static String lowerCase(Kind kind) {
            return kind.name().toLowerCase(Locale.ROOT);
        }
    }
}
