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
package io.flinklsm.core.columns.sql;

import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.DescribedType;

/**
 * A type as it stands inside the binary rows, arrays and maps of Flink SQL, where values have
 * places of a fixed width and what does not fit there follows behind. Each may be null, but for
 * keys of maps. Immutable.
 *
 * <p>{@link SqlTypes} makes them; the package above makes a type of its own of one.
 */
public abstract class SqlType extends DescribedType {

    /** Bytes of a place in a row, and of a place for what follows behind. */
    static final int PLACE = Long.BYTES;

    SqlType() {}

    /** Bytes of a place in an array. */
    int width() {
        return PLACE;
    }

    /**
     * Asks for the columns.
     *
     * @param optional whether it may be null
     * @param isField whether it has a place in a row; else in an array
     */
    abstract SqlBinding bind(Binder binder, String name, boolean optional, boolean isField);
}
