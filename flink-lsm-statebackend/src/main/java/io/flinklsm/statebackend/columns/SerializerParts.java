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
package io.flinklsm.statebackend.columns;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/**
 * What serializers are made of where they do not say it publicly. Flink's snapshots of serializers
 * would say it too, but only through classes that they load and copies that they make.
 */
final class SerializerParts {

    private SerializerParts() {}

    /**
     * The content of a field.
     *
     * @param owner class that declares the field
     * @throws ReflectiveOperationException if it has no such field
     */
    static @Nullable Object get(Object object, Class<?> owner, String fieldName)
            throws ReflectiveOperationException {
        Field field = owner.getDeclaredField(fieldName);
        field.setAccessible(true);
        return field.get(object);
    }

    static TypeSerializer<?> serializer(Object object, Class<?> owner, String fieldName)
            throws ReflectiveOperationException {
        if (get(object, owner, fieldName) instanceof TypeSerializer<?> serializer) {
            return serializer;
        }
        throw new NoSuchFieldException(fieldName);
    }

    static List<TypeSerializer<?>> serializers(Object object, Class<?> owner, String fieldName)
            throws ReflectiveOperationException {
        if (!(get(object, owner, fieldName) instanceof TypeSerializer<?>[] array)) {
            throw new NoSuchFieldException(fieldName);
        }
        return new ArrayList<>(List.of(array));
    }
}
