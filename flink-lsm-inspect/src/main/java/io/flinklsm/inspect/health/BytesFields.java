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
package io.flinklsm.inspect.health;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.leaf.TypeText;
import java.util.ArrayList;
import java.util.List;

/** The fields of a type that only their serializers understand, beside others that have columns. */
final class BytesFields {

    private static final String BYTES_OF = "bytes-of";

    private BytesFields() {}

    /** For each its path, why it stays bytes and whose it is. */
    static List<String> of(ColumnType type) {
        List<String> found = new ArrayList<>();
        add(type.text(), "", found);
        return found;
    }

    private static void add(TypeText type, String path, List<String> found) {
        if (type.name().equals(BYTES_OF)) {
            found.add(path + ": " + type.attribute(1) + " (" + type.attribute(0) + ")");
        }
        for (int i = 0; i < type.children().size(); i++) {
            String label = type.labels().get(i);
            String separator = path.isEmpty() || label.isEmpty() ? "" : ".";
            add(type.children().get(i), path + separator + label, found);
        }
    }
}
