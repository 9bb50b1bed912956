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
package io.flinklsm.inspect.command;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.EntryColumns;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The types of a state for people: {@code string → int64}. */
final class TypeNames {

    /** Names of fields stand in quotation marks in the text of a type. */
    private static final Pattern LABEL = Pattern.compile("\"([A-Za-z0-9_$]+)\":");

    private static final Pattern COMMA = Pattern.compile(",(?! )");

    private TypeNames() {}

    /** Key, namespace if there is one, map key, and the value; {@code bytes} if nothing says. */
    static String of(@Nullable EntryColumns columns) {
        if (columns == null) {
            return "bytes";
        }
        StringBuilder text = new StringBuilder(of(columns.key()));
        if (!columns.namespace().toString().equals("void")) {
            text.append(" @ ").append(of(columns.namespace()));
        }
        if (columns.mapKey() != null) {
            text.append(", ").append(of(columns.mapKey()));
        }
        if (columns.value() != null) {
            text.append(" → ").append(of(columns.value()));
        }
        return text.toString();
    }

    private static String of(ColumnType type) {
        String labelled = LABEL.matcher(type.toString()).replaceAll("$1: ");
        return COMMA.matcher(labelled).replaceAll(", ").replace("delimited(", "list(");
    }
}
