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
package io.flinklsm.statebackend.testing;

import io.flinklsm.core.testing.Faults;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A user's serializer of texts, any call of which may be the one that fails. Flink makes its
 * snapshot by reflection, so the faults are those of the class.
 */
public final class FaultySerializer extends TypeSerializer<String> {

    private static final long serialVersionUID = 1L;

    private static volatile Faults faults = new Faults();

    /** All serializers of this class ask these from now on. */
    public static void failWith(Faults newFaults) {
        faults = newFaults;
    }

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public TypeSerializer<String> duplicate() {
        faults.uncheckedStep("duplicate");
        return new FaultySerializer();
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
    public void serialize(String text, DataOutputView target) throws IOException {
        faults.step("serialize");
        StringSerializer.INSTANCE.serialize(text, target);
    }

    @Override
    public String deserialize(DataInputView source) throws IOException {
        faults.step("deserialize");
        return StringSerializer.INSTANCE.deserialize(source);
    }

    @Override
    public String deserialize(String reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        StringSerializer.INSTANCE.copy(source, target);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FaultySerializer;
    }

    @Override
    public int hashCode() {
        return 1;
    }

    @Override
    public TypeSerializerSnapshot<String> snapshotConfiguration() {
        faults.uncheckedStep("snapshotConfiguration");
        return new Snapshot();
    }

    /** Has no content. */
    public static final class Snapshot implements TypeSerializerSnapshot<String> {

        @Override
        public int getCurrentVersion() {
            return 1;
        }

        @Override
        public void writeSnapshot(DataOutputView out) throws IOException {
            faults.step("writeSnapshot");
        }

        @Override
        public void readSnapshot(int version, DataInputView in, ClassLoader userClassLoader)
                throws IOException {
            faults.step("readSnapshot");
        }

        @Override
        public TypeSerializer<String> restoreSerializer() {
            faults.uncheckedStep("restoreSerializer");
            return new FaultySerializer();
        }

        @Override
        public TypeSerializerSchemaCompatibility<String> resolveSchemaCompatibility(
                TypeSerializerSnapshot<String> oldSnapshot) {
            faults.uncheckedStep("resolveSchemaCompatibility");
            return TypeSerializerSchemaCompatibility.compatibleAsIs();
        }
    }
}
