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

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.EndCodec;
import io.flinklsm.core.columns.leaf.EndFinder;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TypeText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A field that only its serializer understands, beside fields that have columns of their own: a
 * column of its bytes. To take a value apart the serializer must be there, which finds the end of
 * the field by reading it ({@link EndCodec}); a type that was read from a file has none, puts
 * values together and copies columns, and leaves what it would have to take apart as bytes.
 */
final class BytesOfType extends ColumnType {

    static final String NAME = "bytes-of";

    private final String serializer;
    private final String reason;

    /** Not part of what the type is: equal types may know how to find ends or not. */
    private final EndFinder.@Nullable Source ends;

    BytesOfType(String serializer, String reason, EndFinder.@Nullable Source ends) {
        this.serializer = serializer;
        this.reason = reason;
        this.ends = ends;
    }

    static BytesOfType of(TypeText text) {
        return new BytesOfType(text.attribute(0), text.attribute(1), null);
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, List.of(serializer, reason));
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        int above = binder.definition();
        Leaf leaf = binder.leaf(name, nulls.isOptional(this), Physical.BYTES, Annotation.NONE);
        return ScalarType.bound(leaf, above, nulls, new EndCodec(ends));
    }
}
