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
import io.flinklsm.core.columns.sql.SqlType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the snapshot of a serializer says.
 *
 * @param snapshotClass the name of the snapshot's class
 * @param type of what the serializer writes; opaque if that is not known
 * @param length bytes of every value; -1 if they differ, or are not known
 * @param parts the serializers inside
 * @param sql what it is as a field of a row of Flink SQL; null if it is none
 */
record SerializerInfo(
        String snapshotClass,
        ColumnType type,
        int length,
        List<SerializerInfo> parts,
        @Nullable SqlType sql) {

    SerializerInfo {
        parts = List.copyOf(parts);
    }

    SerializerInfo(String snapshotClass, ColumnType type, int length, List<SerializerInfo> parts) {
        this(snapshotClass, type, length, parts, null);
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
