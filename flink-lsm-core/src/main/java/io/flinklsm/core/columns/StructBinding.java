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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.List;

/** Several columns of one value: what all composite types do with their parts. */
abstract class StructBinding extends Binding {

    final Binding[] parts;

    private final LeafCursor first;

    /**
     * @param parts at least one, each with columns
     */
    StructBinding(int definition, boolean allowsNull, List<Binding> parts) {
        super(definition, allowsNull);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("a struct has no parts: definition=" + definition);
        }
        this.parts = parts.toArray(Binding[]::new);
        this.first = parts.get(0).first();
    }

    @Override
    public void shredNull(int atDefinition, int repetition) {
        for (Binding part : parts) {
            part.shredNull(atDefinition, repetition);
        }
    }

    @Override
    public void skipNull() {
        for (Binding part : parts) {
            part.skipNull();
        }
    }

    @Override
    public LeafCursor first() {
        return first;
    }

    final void shredParts(WireReader in, int repetition) throws NotTypedException {
        for (Binding part : parts) {
            part.shred(in, repetition);
        }
    }

    final void assembleParts(ValueBuffer out) {
        for (Binding part : parts) {
            part.assemble(out);
        }
    }
}
