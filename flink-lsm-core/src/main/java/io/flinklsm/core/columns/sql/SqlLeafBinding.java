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

import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;

/** A {@link SqlBinding} of one leaf column. */
abstract class SqlLeafBinding extends SqlBinding {

    final LeafBuffer buffer;
    final LeafCursor cursor;

    SqlLeafBinding(Leaf leaf, boolean optional) {
        super(leaf.column().maxDefinitionLevel(), optional, leaf.cursor());
        this.buffer = leaf.buffer();
        this.cursor = leaf.cursor();
    }

    @Override
    public final void shredNull(int atDefinition, int repetition) {
        buffer.addNull(atDefinition, repetition);
    }

    @Override
    public final void skipNull() {
        cursor.next();
    }
}
