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
package io.flinklsm.inspect.savepoint;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The snapshot of one serializer, as the bytes that it is.
 *
 * @param state empty for the serializer of all keys
 * @param role as Flink calls it, such as {@code VALUE_SERIALIZER}
 * @param from where the snapshot begins in the meta information
 * @param to where it ends
 */
public record SerializerFrame(String state, String role, int from, int to) {

    /** A version stands before each snapshot. */
    private static final int VERSION_BYTES = Integer.BYTES;

    /**
     * All serializers of a subtask's keyed state.
     *
     * @param meta what Flink's KeyedBackendSerializationProxy wrote, and perhaps more
     * @throws IOException if it is none, or a serializer is of a kind of which the end is not known
     */
    public static List<SerializerFrame> of(byte[] meta) throws IOException {
        var bytes = new ByteArrayInputStream(meta);
        var tracked = new Tracked(bytes, meta.length);
        SavepointMeta.read(tracked.in, 1, tracked);
        return List.copyOf(tracked.frames);
    }

    /** The bytes of the snapshot. */
    public byte[] bytes(byte[] meta) {
        return Arrays.copyOfRange(meta, from, to);
    }

    /** Knows where each serializer began, by what was read when the last one ended. */
    private static final class Tracked implements SavepointMeta.SerializerSink {
        private final List<SerializerFrame> frames = new ArrayList<>();
        private final ByteArrayInputStream bytes;
        private final DataInputStream in;
        private final int length;
        private int serializerStart;

        Tracked(ByteArrayInputStream bytes, int length) {
            this.bytes = bytes;
            this.length = length;
            this.in = new DataInputStream(bytes);
        }

        @Override
        public void starts() {
            serializerStart = length - bytes.available();
        }

        @Override
        public void accept(String state, String role) {
            frames.add(
                    new SerializerFrame(
                            state,
                            role,
                            serializerStart + VERSION_BYTES,
                            length - bytes.available()));
        }
    }
}
