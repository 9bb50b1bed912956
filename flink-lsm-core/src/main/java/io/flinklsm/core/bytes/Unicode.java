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
package io.flinklsm.core.bytes;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Java's strings may hold half a surrogate pair, which UTF-8 has no bytes for: Java writes {@code
 * ?} for each, so that different names become the same. What goes to storage as a name is checked
 * here, or escaped.
 */
public final class Unicode {

    private Unicode() {}

    /** Whether the text has whole characters only, so that it comes back from UTF-8 as it was. */
    public static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!isPair(text, i)) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private static boolean isPair(String text, int at) {
        return Character.isHighSurrogate(text.charAt(at))
                && at + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(at + 1));
    }

    /**
     * The text in UTF-8.
     *
     * @throws IllegalArgumentException if it has half a surrogate pair
     */
    public static byte[] encode(String text) {
        if (!isWellFormed(text)) {
            throw new IllegalArgumentException(
                    "["
                            + escape(text)
                            + "] a name on storage cannot have half a surrogate pair; escape it.");
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The text with a backslash, {@code u} and four hexadecimal digits for half a surrogate pair,
     * and a second backslash behind each backslash: well-formed, and different for different texts.
     */
    public static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 8);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                escaped.append("\\\\");
            } else if (!Character.isSurrogate(c)) {
                escaped.append(c);
            } else if (isPair(text, i)) {
                escaped.append(c).append(text.charAt(++i));
            } else {
                escaped.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
        return escaped.toString();
    }

    /**
     * What {@link #escape} was given.
     *
     * @throws IllegalArgumentException if it never gives this text
     */
    public static String unescape(String escaped) {
        StringBuilder text = new StringBuilder(escaped.length());
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c != '\\') {
                text.append(c);
            } else if (escaped.startsWith("\\", i + 1)) {
                text.append(c);
                i++;
            } else {
                text.append(halfPair(escaped, i + 1));
                i += 5;
            }
        }
        String original = text.toString();
        if (!escape(original).equals(escaped)) {
            throw new IllegalArgumentException("not an escaped name: text=" + escaped);
        }
        return original;
    }

    private static char halfPair(String escaped, int at) {
        if (at + 5 > escaped.length() || escaped.charAt(at) != 'u') {
            throw new IllegalArgumentException("not an escaped name: text=" + escaped);
        }
        return (char) Integer.parseUnsignedInt(escaped, at + 1, at + 5, 16);
    }
}
