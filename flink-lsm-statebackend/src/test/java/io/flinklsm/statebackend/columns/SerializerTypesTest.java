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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.RoundTrip;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.EnumSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.api.common.typeutils.base.VoidSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.runtime.state.JavaSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every serializer of Flink itself, with what it writes: typical values and hostile ones. */
final class SerializerTypesTest {

    private static final String SAMPLES = "io.flinklsm.statebackend.columns.SerializerSamples";

    @ParameterizedTest
    @MethodSource({
        SAMPLES + "#numbers",
        SAMPLES + "#texts",
        SAMPLES + "#times",
        SAMPLES + "#composites",
        SAMPLES + "#objects"
    })
    void whatItWritesIsTypedAndComesBackToTheByte(SerializerSamples.Sample sample)
            throws IOException {
        ColumnType type = SerializerTypes.of(sample.serializer());
        List<byte[]> values = new ArrayList<>();
        for (Object value : sample.typed()) {
            values.add(bytes(sample, value));
        }
        assertThat(RoundTrip.check(type, values)).as(type.toString()).containsOnly(true);

        for (Object value : sample.hostile()) {
            RoundTrip.check(type, List.of(bytes(sample, value)));
        }
        values.removeIf(value -> value.length > 1000);
        if (!values.isEmpty()) {
            RoundTrip.fuzz(type, values, 17, 2000);
        }
    }

    private static byte[] bytes(SerializerSamples.Sample sample, Object value) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        sample.serializer().serialize(value, out);
        return out.getCopyOfBuffer();
    }

    @Test
    void fieldsHaveTheirNames() throws Exception {
        assertThat(
                        SerializerTypes.of(
                                        SerializerSamples.serializer(
                                                Types.POJO(SerializerSamples.Point.class)))
                                .toString())
                .isEqualTo("pojo(\"x\":int32,\"y\":string)");
        assertThat(
                        SerializerTypes.of(
                                        SerializerSamples.serializer(
                                                Types.ROW_NAMED(
                                                        new String[] {"b", "a"},
                                                        Types.INT,
                                                        Types.STRING)))
                                .toString())
                .isEqualTo("row[\"1\"](\"b\":int32,\"a\":string)");
        assertThat(
                        SerializerTypes.of(new EnumSerializer<>(SerializerSamples.Color.class))
                                .toString())
                .isEqualTo("enum[\"RED\",\"GREEN\"]");
    }

    @Test
    void whatIsNotKnownSaysWhoseItIsAndWhy() {
        assertThat(
                        SerializerTypes.of(
                                        SerializerSamples.serializer(Types.GENERIC(TreeSet.class)))
                                .toString())
                .startsWith("opaque")
                .contains("KryoSerializer", "java.util.TreeSet");
        assertThat(SerializerTypes.of(new JavaSerializer<>()).toString())
                .startsWith("opaque")
                .contains("JavaSerializer");
        assertThat(SerializerTypes.of(new ListSerializer<>(new OwnSerializer())).toString())
                .startsWith("opaque")
                .contains("OwnSerializer", "the job's own");
        assertThat(SerializerTypes.of(VoidSerializer.INSTANCE).toString()).isEqualTo("void");
    }

    /** May write anything, whatever it extends. */
    @SuppressWarnings("serial")
    private static final class OwnSerializer extends TypeSerializerSingleton<String> {
        @Override
        public boolean isImmutableType() {
            return true;
        }

        @Override
        public String createInstance() {
            return "";
        }

        @Override
        public String copy(String from) {
            return from;
        }

        @Override
        public String copy(String from, String reuse) {
            return from;
        }

        @Override
        public int getLength() {
            return -1;
        }

        @Override
        public void serialize(String record, DataOutputView target) throws IOException {
            target.writeUTF(record);
        }

        @Override
        public String deserialize(DataInputView source) throws IOException {
            return source.readUTF();
        }

        @Override
        public String deserialize(String reuse, DataInputView source) throws IOException {
            return source.readUTF();
        }

        @Override
        public void copy(DataInputView source, DataOutputView target) throws IOException {
            target.writeUTF(source.readUTF());
        }

        @Override
        public TypeSerializerSnapshot<String> snapshotConfiguration() {
            throw new UnsupportedOperationException("never registered");
        }
    }
}
