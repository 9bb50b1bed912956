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

import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * What Flink writes of each state in front of its data: keyed or an operator's.
 *
 * @param kind {@code BackendStateType}, by its position
 * @param serializers by their role, such as {@code VALUE_SERIALIZER}
 */
record StateInfo(
        String name,
        int kind,
        Map<String, String> options,
        Map<String, SerializerInfo> serializers) {

    static final int KEY_VALUE = 0;
    static final int OPERATOR = 1;
    static final int BROADCAST = 2;
    static final int QUEUE = 3;

    private static final int SERIALIZER_VERSION = 2;
    private static final int MAX_OPTIONS = 1 << 10;

    StateInfo {
        options = Map.copyOf(options);
        serializers = Map.copyOf(serializers);
    }

    /**
     * @throws SnapshotReader.MalformedException if it is none, or a serializer is of a kind of
     *     which the end is not known
     */
    static StateInfo read(DataInputStream in, SavepointMeta.SerializerSink sink)
            throws IOException {
        String name = in.readUTF();
        int kind = in.readInt();
        Map<String, String> options = new HashMap<>();
        int optionCount = count(in);
        for (int i = 0; i < optionCount; i++) {
            String option = in.readUTF();
            options.put(option, in.readUTF());
        }
        Map<String, SerializerInfo> serializers = new HashMap<>();
        int serializerCount = count(in);
        for (int i = 0; i < serializerCount; i++) {
            String role = in.readUTF();
            sink.starts();
            serializers.put(role, serializer(in, "of state " + name));
            sink.accept(name, role);
        }
        return new StateInfo(name, kind, options, serializers);
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MAX_OPTIONS) {
            throw new SnapshotReader.MalformedException("options=" + count);
        }
        return count;
    }

    /** Reads one as the writer of all serializers writes it, its version first. */
    static SerializerInfo serializer(DataInputStream in, String whose) throws IOException {
        int version = in.readInt();
        if (version != SERIALIZER_VERSION) {
            throw new SnapshotReader.MalformedException(
                    "serializer " + whose + ": version=" + version);
        }
        try {
            return new SnapshotReader(in).read();
        } catch (SnapshotReader.MalformedException e) {
            throw new SnapshotReader.MalformedException(
                    "serializer " + whose + ": " + e.getMessage());
        }
    }

    /** Opaque if there is none in this role. */
    SerializerInfo serializer(String role) {
        SerializerInfo known = serializers.get(role);
        return known != null ? known : SerializerInfo.opaque("", "the file does not say it");
    }
}
