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
package io.flinklsm.core.columns;

/** Who says that a value is null. */
enum Nulls {
    /** The type's own bytes, if they can: its column is optional only then. */
    OWN,
    /** What is around it: its column is optional, and bytes that say null are not typed. */
    OUTER,
    /** The row may have no value at all, and the type's own bytes may say null as well. */
    ENTRY,
    /** None: its column is required, and bytes that say null are not typed. */
    NONE;

    boolean isOptional(ColumnType type) {
        return switch (this) {
            case OWN -> type.isNullable();
            case OUTER, ENTRY -> true;
            case NONE -> false;
        };
    }

    boolean allowsOwn() {
        return this == OWN || this == ENTRY;
    }
}
