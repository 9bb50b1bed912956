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
package io.flinklsm.inspect.print;

/** Text out of files, made harmless for where it is shown. */
public final class SafeText {

    /**
     * What a spreadsheet takes for the beginning of a formula; those of East Asian keyboards, of
     * full width, are the same to some of them.
     */
    private static final String FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20";

    private SafeText() {}

    /**
     * For a terminal: control characters (escape sequences begin with one), changes of writing
     * direction and other invisible characters become visible escapes like {@code \u001b}.
     */
    public static String forTerminal(String text) {
        int clean = 0;
        while (clean < text.length() && isHarmless(text.charAt(clean))) {
            clean++;
        }
        if (clean == text.length()) {
            return text;
        }
        StringBuilder safe = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair =
                    Character.isHighSurrogate(c)
                            && i + 1 < text.length()
                            && Character.isLowSurrogate(text.charAt(i + 1))
                            && isHarmless(text.codePointAt(i));
            if (pair) {
                safe.append(c).append(text.charAt(++i));
            } else if (isHarmless(c)) {
                safe.append(c);
            } else {
                safe.append(String.format("\\u%04x", (int) c));
            }
        }
        return safe.toString();
    }

    /**
     * A field of a CSV file: quoted where needed, and if it is empty, so that it is not taken for
     * one that is not there; what a spreadsheet would take for a formula gets an apostrophe in
     * front.
     */
    public static String forCsv(String text) {
        String safe = text;
        if (!text.isEmpty() && FORMULA_STARTS.indexOf(text.charAt(0)) >= 0 && !isNumber(text)) {
            safe = "'" + text;
        }
        boolean quote = text.isEmpty();
        for (int i = 0; i < safe.length() && !quote; i++) {
            char c = safe.charAt(i);
            quote = c == ',' || c == '"' || c == '\n' || c == '\r';
        }
        return quote ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }

    private static boolean isNumber(String text) {
        int digits = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean sign = c == '-' || c == '+';
            boolean exponent = c == 'e' || c == 'E';
            if (c >= '0' && c <= '9') {
                digits++;
            } else if (sign
                    ? i > 0 && text.charAt(i - 1) != 'e' && text.charAt(i - 1) != 'E'
                    : c != '.' && !(exponent && digits > 0)) {
                return false;
            }
        }
        return digits > 0;
    }

    private static boolean isHarmless(int c) {
        if (c >= 0x20 && c < 0x7f) {
            return true;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED ->
                    false;
            default -> true;
        };
    }
}
