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

import org.jspecify.annotations.Nullable;

/** What every type is: immutable, described by its text, and equal to those of the same text. */
public abstract class DescribedType {

    /** All that a reader of the bytes and of the columns needs. */
    public abstract TypeText text();

    @Override
    public final boolean equals(@Nullable Object other) {
        return other instanceof DescribedType type && type.toString().equals(toString());
    }

    @Override
    public final int hashCode() {
        return toString().hashCode();
    }

    @Override
    public final String toString() {
        return text().toString();
    }
}
