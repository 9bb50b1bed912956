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

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import java.util.List;

/**
 * What the snapshot of a serializer says.
 *
 * @param snapshotClass the name of the snapshot's class
 * @param type of what the serializer writes; opaque if that is not known
 * @param length bytes of every value; -1 if they differ, or are not known
 * @param parts the serializers inside
 */
record SerializerInfo(
        String snapshotClass, ColumnType type, int length, List<SerializerInfo> parts) {

    SerializerInfo {
        parts = List.copyOf(parts);
    }

    static SerializerInfo opaque(String snapshotClass, String reason) {
        return new SerializerInfo(
                snapshotClass, ColumnTypes.opaque(snapshotClass, reason), -1, List.of());
    }

    /** Whether it is a snapshot of Flink's with this simple name, and with parts. */
    boolean is(String simpleName) {
        return !parts.isEmpty()
                && SnapshotReader.isOfFlink(snapshotClass)
                && SnapshotReader.simpleName(snapshotClass).equals(simpleName);
    }

    List<ColumnType> partTypes() {
        return parts.stream().map(SerializerInfo::type).toList();
    }
}
