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

import io.flinklsm.core.columns.leaf.EndFinder;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;

/** Finds the end of what a serializer wrote by reading it, with a serializer of its own. */
final class SerializerEnds implements EndFinder {

    private final TypeSerializer<?> serializer;
    private final ClassLoader loader;
    private final DataInputDeserializer in = new DataInputDeserializer();

    private SerializerEnds(TypeSerializer<?> serializer, ClassLoader loader) {
        this.serializer = serializer;
        this.loader = loader;
    }

    /**
     * What opens finders for any thread. Called by the task thread, whose class loader has the
     * user's classes; flushes run on threads that do not have them.
     */
    static Source source(TypeSerializer<?> serializer) {
        TypeSerializer<?> own = serializer.duplicate();
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        return () -> {
            // Serializers are not thread-safe: this one is only duplicated, under the lock.
            synchronized (own) {
                return new SerializerEnds(own.duplicate(), loader);
            }
        };
    }

    @Override
    public int length(byte[] bytes, int from, int to) throws IOException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            in.setBuffer(bytes, from, to - from);
            serializer.deserialize(in);
            return in.getPosition() - from;
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
