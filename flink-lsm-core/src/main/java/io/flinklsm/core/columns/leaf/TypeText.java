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
package io.flinklsm.core.columns.leaf;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A type as text, as it stands in footers (docs/format.md#columns): a name, attributes, children.
 *
 * <pre>
 * type  = name [ "[" string { "," string } "]" ] [ "(" child { "," child } ")" ]
 * child = [ string ":" ] type
 * name  = a to z, 0 to 9 and "-";  string = as in JSON
 * </pre>
 *
 * @param labels by child, empty for a child without one
 */
public record TypeText(
        String name, List<String> attributes, List<String> labels, List<TypeText> children) {

    /** Above what any serializer of a job has; a file may say anything. */
    private static final int MAX_LENGTH = 1 << 20;

    private static final int MAX_DEPTH = 48;

    public TypeText {
        attributes = List.copyOf(attributes);
        labels = List.copyOf(labels);
        children = List.copyOf(children);
        if (name.isEmpty() || labels.size() != children.size()) {
            throw new IllegalArgumentException(
                    "a type has a name, and a label for each child: name="
                            + name
                            + ", labels="
                            + labels.size()
                            + ", children="
                            + children.size());
        }
    }

    public static TypeText of(String name, TypeText... children) {
        return new TypeText(
                name,
                List.of(),
                List.of(children).stream().map(child -> "").toList(),
                List.of(children));
    }

    public static TypeText of(String name, List<String> attributes) {
        return new TypeText(name, attributes, List.of(), List.of());
    }

    /**
     * @throws IllegalArgumentException if it is not such a text, or too long or nested too deep
     */
    public static TypeText parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("type is too long: length=" + text.length());
        }
        Parser parser = new Parser(text);
        TypeText type = parser.type(0);
        if (parser.at != text.length()) {
            throw parser.malformed("end");
        }
        return type;
    }

    public String attribute(int index) {
        if (index >= attributes.size()) {
            throw new IllegalArgumentException(
                    "type has too few attributes: type=" + name + ", wanted=" + (index + 1));
        }
        return attributes.get(index);
    }

    public int intAttribute(int index, int min, int max) {
        int value = Integer.parseInt(attribute(index));
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "attribute is out of range: type=" + name + ", value=" + value);
        }
        return value;
    }

    /** The only child, or one of as many as are said. */
    public TypeText child(int index, int count) {
        if (children.size() != count) {
            throw new IllegalArgumentException(
                    "type has another number of children: type="
                            + name
                            + ", children="
                            + children.size()
                            + ", expected="
                            + count);
        }
        return children.get(index);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        write(text);
        return text.toString();
    }

    private void write(StringBuilder text) {
        text.append(name);
        if (!attributes.isEmpty()) {
            char before = '[';
            for (String attribute : attributes) {
                quote(attribute, text.append(before));
                before = ',';
            }
            text.append(']');
        }
        if (!children.isEmpty()) {
            for (int i = 0; i < children.size(); i++) {
                text.append(i == 0 ? '(' : ',');
                if (!labels.get(i).isEmpty()) {
                    quote(labels.get(i), text);
                    text.append(':');
                }
                children.get(i).write(text);
            }
            text.append(')');
        }
    }

    private static void quote(String value, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < 0x20 || c >= 0x7F) {
                text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    private static final class Parser {
        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        TypeText type(int depth) {
            if (depth > MAX_DEPTH) {
                throw new IllegalArgumentException("type is nested too deep: depth=" + depth);
            }
            int from = at;
            while (at < text.length() && isNameCharacter(text.charAt(at))) {
                at++;
            }
            if (from == at) {
                throw malformed("a name");
            }
            String name = text.substring(from, at);
            List<String> attributes = new ArrayList<>();
            if (accept('[')) {
                do {
                    attributes.add(string());
                } while (accept(','));
                expect(']');
            }
            List<String> labels = new ArrayList<>();
            List<TypeText> children = new ArrayList<>();
            if (accept('(')) {
                do {
                    boolean hasLabel = at < text.length() && text.charAt(at) == '"';
                    labels.add(hasLabel ? string() : "");
                    if (hasLabel) {
                        expect(':');
                    }
                    children.add(type(depth + 1));
                } while (accept(','));
                expect(')');
            }
            return new TypeText(name, attributes, labels, children);
        }

        private String string() {
            expect('"');
            StringBuilder value = new StringBuilder();
            while (at < text.length() && text.charAt(at) != '"') {
                char c = text.charAt(at++);
                value.append(c == '\\' ? escaped() : c);
            }
            expect('"');
            return value.toString();
        }

        private char escaped() {
            char c = at < text.length() ? text.charAt(at++) : 0;
            if (c == '"' || c == '\\') {
                return c;
            }
            if (c != 'u' || at + 4 > text.length()) {
                throw malformed("an escape");
            }
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }

        private static boolean isNameCharacter(char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        }

        private boolean accept(char c) {
            boolean isHere = at < text.length() && text.charAt(at) == c;
            at += isHere ? 1 : 0;
            return isHere;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw malformed("'" + c + "'");
            }
        }

        IllegalArgumentException malformed(String expected) {
            return new IllegalArgumentException(
                    "type is malformed: expected " + expected + " at character " + at);
        }
    }
}
