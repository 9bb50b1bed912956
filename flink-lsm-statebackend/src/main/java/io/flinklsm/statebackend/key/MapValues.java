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
package io.flinklsm.statebackend.key;

import io.flinklsm.statebackend.text.ArrayInput;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory.TtlSerializer;
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.jspecify.annotations.Nullable;

/**
 * The values in the rows of a map: a flag that says whether the value is null, and the value.
 *
 * <pre>
 * without TTL:  0 | value
 *               1 | nothing that counts            null; the HashMap backend writes something there
 * with TTL:     0 | time (8) | user's value        where the user's serializer takes null, of null, too
 *               1 | time (8)                       the user's value is null, and its serializer takes none
 *               1                                  null without a time: users of the state never see it
 * </pre>
 *
 * <p>The fourth form is ours: other backends read it as the fifth.
 */
public final class MapValues {

    /** Where the time stands in a value with TTL. */
    public static final int TIME_OFFSET = 1;

    private MapValues() {}

    /** Appends a value. */
    public static <V> void write(
            @Nullable V value, TypeSerializer<V> serializer, DataOutputSerializer out)
            throws IOException {
        if (value == null) {
            out.writeBoolean(true);
        } else if (serializer instanceof TtlSerializer
                && ((TtlValue<?>) value).getUserValue() == null) {
            writeNullWithTime(
                    value, ((TtlValue<?>) value).getLastAccessTimestamp(), serializer, out);
        } else {
            out.writeBoolean(false);
            serializer.serialize(value, out);
        }
    }

    private static <V> void writeNullWithTime(
            V value, long timeMillis, TypeSerializer<V> serializer, DataOutputSerializer out)
            throws IOException {
        int from = out.length();
        try {
            out.writeBoolean(false);
            serializer.serialize(value, out);
        } catch (RuntimeException e) {
            // Most serializers of users take no null, each in its own way.
            out.setPosition(from);
            out.writeBoolean(true);
            out.writeLong(timeMillis);
        }
    }

    /** Reads a value, which ends where the input does. */
    @SuppressWarnings("unchecked")
    public static <V> @Nullable V read(ArrayInput in, TypeSerializer<V> serializer)
            throws IOException {
        if (!in.readBoolean()) {
            return serializer.deserialize(in);
        }
        return serializer instanceof TtlSerializer && in.available() >= Long.BYTES
                ? (V) new TtlValue<>(null, in.readLong())
                : null;
    }
}
