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

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Which names a {@link Storage} takes: one plain path component, so that no name, wherever it comes
 * from, leads out of the storage.
 */
public final class StorageNames {

    /** Common file systems take 255; the rest is for what a storage puts around the name. */
    public static final int MAX_BYTES = 240;

    private StorageNames() {}

    /**
     * Gives the name back if it is one that a storage takes.
     *
     * @throws IllegalArgumentException if it is empty, hidden ({@code .x}), longer than {@link
     *     #MAX_BYTES}, or has a separator, a colon or a control character in it
     */
    public static String check(String name) {
        String fault = fault(name);
        if (fault != null) {
            throw new IllegalArgumentException(
                    "not a file name for a storage: name="
                            + printable(name)
                            + ", fault="
                            + fault
                            + "; use one plain path component.");
        }
        return name;
    }

    /** Whether {@link #check} would take the name. */
    public static boolean isValid(String name) {
        return fault(name) == null;
    }

    private static @Nullable String fault(String name) {
        if (name.isEmpty()) {
            return "empty";
        }
        if (name.charAt(0) == '.') {
            return "starts with a dot";
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '/' || c == '\\' || c == ':') {
                return "separator or scheme at index " + i;
            }
            if (Character.isISOControl(c) || Character.isSurrogate(c) || isFormat(c)) {
                return "control character at index " + i;
            }
        }
        return name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES ? "too long" : null;
    }

    /** Invisible characters and changes of direction, which make a name look like another one. */
    private static boolean isFormat(char c) {
        int type = Character.getType(c);
        return type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR;
    }

    private static String printable(String name) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(name.length(), 100); i++) {
            char c = name.charAt(i);
            text.append(c < 0x20 || c > 0x7e ? '?' : c);
        }
        return text.append(name.length() > 100 ? "..." : "").toString();
    }
}
