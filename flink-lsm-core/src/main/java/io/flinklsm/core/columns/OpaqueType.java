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

import io.flinklsm.core.bytes.Unicode;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.EndFinder;
import io.flinklsm.core.columns.leaf.TypeText;
import java.util.List;

/**
 * Bytes that only their serializer understands, or that nothing describes: no columns, and as a
 * value always in {@code _value}. Says whose they are and why they stay bytes.
 */
final class OpaqueType extends ColumnType {

    static final String NAME = "opaque";

    /** How a reason begins that names a field, and the fields in it. */
    private static final String FIELD = "field ";

    private final String serializer;
    private final String reason;

    OpaqueType(String serializer, String reason) {
        this.serializer = serializer;
        this.reason = reason;
    }

    /** The type of a composite that stays bytes since its field of this name does. */
    OpaqueType inField(String name) {
        String said = Unicode.isWellFormed(name) ? name : Unicode.escape(name);
        String inside =
                reason.startsWith(FIELD) ? "." + reason.substring(FIELD.length()) : ": " + reason;
        return new OpaqueType(serializer, FIELD + said + inside);
    }

    /** The same bytes as a field beside others that have columns. */
    BytesOfType asField(EndFinder.Source ends) {
        return new BytesOfType(serializer, reason, ends);
    }

    static OpaqueType of(TypeText text) {
        return new OpaqueType(text.attribute(0), text.attribute(1));
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, List.of(serializer, reason));
    }

    @Override
    boolean hasColumns() {
        return false;
    }

    @Override
    boolean findsItsEnd() {
        return false;
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        throw new IllegalStateException("opaque bytes have no columns: serializer=" + serializer);
    }
}
