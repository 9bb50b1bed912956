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

/** A type that has places of its own: row, array, map. Stands behind; or alone, with its size. */
public abstract class SqlBody extends SqlType {

    @Override
    public final SqlBinding bind(Binder binder, String name, boolean optional, boolean isField) {
        return bind(binder, name, optional);
    }

    public abstract SqlBodyBinding bind(Binder binder, String name, boolean optional);

    /** Whether it has columns: not if it is a row without fields, or has one inside. */
    public abstract boolean hasColumns();

    public static boolean hasColumns(SqlType type) {
        return !(type instanceof SqlBody body) || body.hasColumns();
    }
}
