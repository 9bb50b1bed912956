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

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An element of the schema tree of a file: a group, or a leaf column.
 *
 * @param physical null for a group
 * @param children none for a leaf
 */
public record ColumnNode(
        String name,
        Repetition repetition,
        @Nullable Physical physical,
        Annotation annotation,
        List<ColumnNode> children) {

    public ColumnNode {
        children = List.copyOf(children);
        if (name.isEmpty() || (physical == null) == children.isEmpty()) {
            throw new IllegalArgumentException(
                    "a column has a name, and values or columns inside: name="
                            + name
                            + ", physical="
                            + physical
                            + ", children="
                            + children.size());
        }
    }

    /** How often the element is there within its parent. */
    public enum Repetition {
        REQUIRED,
        OPTIONAL,
        REPEATED
    }
}
