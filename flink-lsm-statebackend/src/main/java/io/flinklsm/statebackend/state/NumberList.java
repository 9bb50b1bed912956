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
package io.flinklsm.statebackend.state;

import io.flinklsm.statebackend.key.EntryFormat;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.DoubleSerializer;
import org.apache.flink.api.common.typeutils.base.FloatSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes a list of numbers with the bytes of Flink's serializers and a delimiter between them, in
 * one short loop over an array. A loop that calls serializer and output for every element costs
 * more, above all while the just-in-time compiler is not through with everything that a write
 * calls.
 */
enum NumberList {
    LONGS(LongSerializer.class, Long.BYTES) {
        @Override
        int fill(List<?> elements, byte[] target) {
            int at = 0;
            for (Object element : elements) {
                LONG.set(target, at, (long) (Long) checked(element));
                target[at + Long.BYTES] = EntryFormat.LIST_DELIMITER;
                at += Long.BYTES + 1;
            }
            return at;
        }
    },
    INTS(IntSerializer.class, Integer.BYTES) {
        @Override
        int fill(List<?> elements, byte[] target) {
            int at = 0;
            for (Object element : elements) {
                INT.set(target, at, (int) (Integer) checked(element));
                target[at + Integer.BYTES] = EntryFormat.LIST_DELIMITER;
                at += Integer.BYTES + 1;
            }
            return at;
        }
    },
    DOUBLES(DoubleSerializer.class, Double.BYTES) {
        @Override
        int fill(List<?> elements, byte[] target) {
            int at = 0;
            for (Object element : elements) {
                LONG.set(target, at, Double.doubleToLongBits((Double) checked(element)));
                target[at + Double.BYTES] = EntryFormat.LIST_DELIMITER;
                at += Double.BYTES + 1;
            }
            return at;
        }
    },
    FLOATS(FloatSerializer.class, Float.BYTES) {
        @Override
        int fill(List<?> elements, byte[] target) {
            int at = 0;
            for (Object element : elements) {
                INT.set(target, at, Float.floatToIntBits((Float) checked(element)));
                target[at + Float.BYTES] = EntryFormat.LIST_DELIMITER;
                at += Float.BYTES + 1;
            }
            return at;
        }
    };

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final Class<?> serializer;
    private final int elementBytes;

    NumberList(Class<?> serializer, int elementBytes) {
        this.serializer = serializer;
        this.elementBytes = elementBytes;
    }

    /** What writes lists of elements of this serializer; null if it is not known. */
    static @Nullable NumberList of(TypeSerializer<?> elementSerializer) {
        for (NumberList each : values()) {
            // By the exact class: a subclass may write anything.
            if (each.serializer == elementSerializer.getClass()) {
                return each;
            }
        }
        return null;
    }

    /**
     * Writes the elements, of which there are some, if the output has room for them without
     * growing; else nothing.
     *
     * @param out is empty
     * @throws NullPointerException if an element is null
     */
    boolean isWritten(List<?> elements, DataOutputSerializer out) throws IOException {
        byte[] target = out.getSharedBuffer();
        if ((long) elements.size() * (elementBytes + 1) > target.length) {
            return false;
        }
        // No delimiter ends the list.
        out.skipBytesToWrite(fill(elements, target) - 1);
        return true;
    }

    /** Writes each element and a delimiter behind it; gives where the last one ends. */
    abstract int fill(List<?> elements, byte[] target);

    private static Object checked(@Nullable Object element) {
        return Objects.requireNonNull(element, LsmListState.NULL_ELEMENT);
    }
}
