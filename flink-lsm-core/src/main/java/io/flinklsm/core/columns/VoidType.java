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

/** One zero byte that says nothing: the namespace of state that has none. No columns. */
final class VoidType extends ColumnType {

    static final String NAME = "void";

    @Override
    TypeText text() {
        return TypeText.of(NAME);
    }

    @Override
    boolean hasColumns() {
        return false;
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        throw new IllegalStateException("void has no columns: name=" + name);
    }
}
