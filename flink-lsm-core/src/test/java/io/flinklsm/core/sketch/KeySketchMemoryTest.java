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
package io.flinklsm.core.sketch;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A sketch under way is not in the memory budget: it is small, whatever comes in. */
final class KeySketchMemoryTest {

    /** What the package promises. */
    private static final long BYTES_MAX = 32 << 10;

    private static final int OBJECT_BYTES = 16;
    private static final int LONG_KEY_BYTES = 1000;

    @Test
    void memoryStaysBelowTheBoundWhateverComesIn() throws IllegalAccessException {
        KeySketchBuilder builder = new KeySketchBuilder(2);
        byte[] key = new byte[LONG_KEY_BYTES];
        byte[] before = new byte[LONG_KEY_BYTES];
        for (int number = 0; number < 200_000; number++) {
            ByteBuffer.wrap(key).putShort(0, (short) (number >>> 3)).putInt(2, number);
            Slice entryKey = new Slice(key);
            // Each key is larger than those before, so that it is taken for one of the largest.
            builder.add(
                    entryKey,
                    key.length,
                    entryKey.hash64(),
                    new Slice(before),
                    EntryKind.PUT,
                    LONG_KEY_BYTES + number);
            System.arraycopy(key, 0, before, 0, key.length);
        }

        assertThat(reachableBytes(builder)).isBetween(8L << 10, BYTES_MAX);
    }

    /** Fields and elements of all that hangs on it, each object with its header. */
    private static long reachableBytes(Object root) throws IllegalAccessException {
        long bytes = 0;
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>();
        open.add(root);
        while (!open.isEmpty()) {
            Object object = open.remove();
            if (!seen.add(object)) {
                continue;
            }
            bytes += OBJECT_BYTES;
            if (object.getClass().isArray()) {
                Class<?> element = object.getClass().getComponentType();
                int length = Array.getLength(object);
                bytes += (long) length * (element == byte.class ? 1 : Long.BYTES);
                for (int i = 0; i < length && !element.isPrimitive(); i++) {
                    Object value = Array.get(object, i);
                    if (value != null) {
                        open.add(value);
                    }
                }
                continue;
            }
            for (Field field : object.getClass().getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers())) {
                    continue;
                }
                bytes += Long.BYTES;
                if (!field.getType().isPrimitive()) {
                    field.setAccessible(true);
                    Object value = field.get(object);
                    // A view borrows the bytes of others.
                    if (value != null && !(value instanceof Slice)) {
                        open.add(value);
                    }
                }
            }
        }
        return bytes;
    }
}
