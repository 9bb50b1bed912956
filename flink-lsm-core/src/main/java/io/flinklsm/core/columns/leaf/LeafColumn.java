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

/**
 * A leaf column: where values are.
 *
 * @param path names from the root's child down to the leaf
 * @param maxDefinitionLevel how many elements of the path are optional or repeated
 * @param maxRepetitionLevel how many elements of the path are repeated
 */
public record LeafColumn(
        List<String> path,
        Physical physical,
        Annotation annotation,
        int maxDefinitionLevel,
        int maxRepetitionLevel) {

    /** A row with more values and nulls than this in one column stays bytes. */
    public static final int MAX_ROW_LEVELS = 1 << 22;

    public LeafColumn {
        path = List.copyOf(path);
        if (path.isEmpty() || maxRepetitionLevel < 0 || maxDefinitionLevel < maxRepetitionLevel) {
            throw new IllegalArgumentException(
                    "a column has a path and a definition for each repetition: path="
                            + path
                            + ", maxDefinitionLevel="
                            + maxDefinitionLevel
                            + ", maxRepetitionLevel="
                            + maxRepetitionLevel);
        }
    }
}
