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
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Bytes that are always the same and say nothing: one zero byte, the namespace of state that has
 * none; or others, the key of a table that is not grouped. No columns.
 */
final class VoidType extends ColumnType {

    static final String NAME = "void";

    private static final byte[] ZERO = {0};

    private final byte[] constant;

    VoidType(byte[] constant) {
        this.constant = constant.clone();
    }

    static VoidType of(TypeText text) {
        return new VoidType(
                text.attributes().isEmpty() ? ZERO : HexFormat.of().parseHex(text.attribute(0)));
    }

    @Override
    public TypeText text() {
        return Arrays.equals(constant, ZERO)
                ? TypeText.of(NAME)
                : TypeText.of(NAME, List.of(HexFormat.of().formatHex(constant)));
    }

    @Override
    boolean hasColumns() {
        return false;
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        throw new IllegalStateException("void has no columns: name=" + name);
    }

    /** Reads it. */
    void skip(WireReader in) throws NotTypedException {
        for (byte b : constant) {
            in.check((byte) in.readByte() == b);
        }
    }

    /** Appends it. */
    void assemble(ValueBuffer out) {
        out.append(constant, 0, constant.length);
    }
}
