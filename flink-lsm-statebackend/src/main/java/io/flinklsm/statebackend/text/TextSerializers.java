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
package io.flinklsm.statebackend.text;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeutils.CompositeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.java.tuple.Tuple;
import org.apache.flink.api.java.typeutils.runtime.PojoSerializer;
import org.apache.flink.api.java.typeutils.runtime.RowSerializer;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory.TtlSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Serializers for the work of a state, with {@link TextSerializer} in the place of Flink's own:
 * that calls the input or output for every byte of a text. The serializers that users and snapshots
 * see stay what they are.
 */
public final class TextSerializers {

    private TextSerializers() {}

    /**
     * One that reads and writes the same bytes as the serializer, for the same thread; the
     * serializer itself if texts are no part of it.
     */
    @SuppressWarnings("unchecked")
    public static <T> TypeSerializer<T> of(TypeSerializer<T> serializer) {
        TypeSerializer<?> replacement = replacementOf(serializer);
        return replacement == null ? serializer : (TypeSerializer<T>) replacement;
    }

    private static @Nullable TypeSerializer<?> replacementOf(TypeSerializer<?> serializer) {
        // By the exact class: a subclass may write anything.
        Class<?> type = serializer.getClass();
        if (type == StringSerializer.class) {
            return TextSerializer.INSTANCE;
        }
        if (type == TupleSerializer.class) {
            return ofTuple((TupleSerializer<?>) serializer);
        }
        try {
            if (type == TtlSerializer.class) {
                return ofTtl(serializer);
            }
            if (type == PojoSerializer.class) {
                return ofPojo(serializer);
            }
            return type == RowSerializer.class ? ofRow(serializer) : null;
        } catch (ReflectiveOperationException e) {
            // This Flink keeps the parts elsewhere: its own serializer does it all.
            return null;
        }
    }

    @SuppressWarnings("unchecked")
    private static @Nullable TypeSerializer<?> ofTuple(TupleSerializer<?> serializer) {
        TypeSerializer<?>[] parts = serializer.getFieldSerializers().clone();
        return replaceIn(parts)
                ? new TupleSerializer<>((Class<Tuple>) serializer.getTupleClass(), parts)
                : null;
    }

    @SuppressWarnings("unchecked")
    private static @Nullable TypeSerializer<?> ofTtl(TypeSerializer<?> serializer)
            throws ReflectiveOperationException {
        TypeSerializer<?>[] parts = parts(serializer, CompositeSerializer.class).clone();
        return replaceIn(parts)
                ? new TtlSerializer<>((TypeSerializer<Long>) parts[0], parts[1])
                : null;
    }

    /** A duplicate whose parts, which are its own, are replaced where they lie. */
    private static @Nullable TypeSerializer<?> ofRow(TypeSerializer<?> serializer)
            throws ReflectiveOperationException {
        TypeSerializer<?> duplicate = serializer.duplicate();
        TypeSerializer<?>[] parts = parts(duplicate, RowSerializer.class);
        boolean areOwn = parts != parts(serializer, RowSerializer.class);
        return areOwn && replaceIn(parts) ? duplicate : null;
    }

    /** Made as {@link PojoSerializer#duplicate} makes one, by the constructor that it calls. */
    private static @Nullable TypeSerializer<?> ofPojo(TypeSerializer<?> serializer)
            throws ReflectiveOperationException {
        TypeSerializer<?> duplicate = serializer.duplicate();
        TypeSerializer<?>[] parts = parts(duplicate, PojoSerializer.class).clone();
        if (!replaceIn(parts)) {
            return null;
        }
        Constructor<?> constructor =
                PojoSerializer.class.getDeclaredConstructor(
                        Class.class,
                        Field[].class,
                        TypeSerializer[].class,
                        LinkedHashMap.class,
                        TypeSerializer[].class,
                        Map.class,
                        SerializerConfig.class);
        constructor.setAccessible(true);
        return (TypeSerializer<?>)
                constructor.newInstance(
                        ofPojo(duplicate, "clazz"),
                        ofPojo(duplicate, "fields"),
                        parts,
                        ofPojo(duplicate, "registeredClasses"),
                        ofPojo(duplicate, "registeredSerializers"),
                        ofPojo(duplicate, "subclassSerializerCache"),
                        ofPojo(duplicate, "serializerConfig"));
    }

    private static @Nullable Object ofPojo(TypeSerializer<?> serializer, String fieldName)
            throws ReflectiveOperationException {
        return get(serializer, PojoSerializer.class, fieldName);
    }

    private static TypeSerializer<?>[] parts(TypeSerializer<?> serializer, Class<?> owner)
            throws ReflectiveOperationException {
        if (get(serializer, owner, "fieldSerializers") instanceof TypeSerializer<?>[] parts) {
            return parts;
        }
        throw new NoSuchFieldException("fieldSerializers");
    }

    private static @Nullable Object get(
            TypeSerializer<?> serializer, Class<?> owner, String fieldName)
            throws ReflectiveOperationException {
        Field field = owner.getDeclaredField(fieldName);
        field.setAccessible(true);
        return field.get(serializer);
    }

    /** Whether any of the parts was replaced. */
    private static boolean replaceIn(TypeSerializer<?>[] parts) {
        boolean isAny = false;
        for (int i = 0; i < parts.length; i++) {
            TypeSerializer<?> replacement = replacementOf(parts[i]);
            if (replacement != null) {
                parts[i] = replacement;
                isAny = true;
            }
        }
        return isAny;
    }
}
