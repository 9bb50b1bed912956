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
package io.flinklsm.inspect.fit.child;

import io.flinklsm.inspect.fit.Verdict;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.CompositeTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.java.typeutils.runtime.PojoSerializer;
import org.apache.flink.api.java.typeutils.runtime.PojoSerializerSnapshot;
import org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;

/**
 * Reads snapshots of serializers with the classes of a jar. Arguments: the file with the snapshots,
 * the file for the answers, the jars. The answers come in the order of the snapshots.
 *
 * <pre>
 * snapshots = count:int (length:int bytes)* ; answers = (verdict:utf reason:utf)*
 * </pre>
 */
public final class FitChild {

    private static final int REASON_MAX = 2000;

    private record Answer(Verdict verdict, String reason) {}

    private FitChild() {}

    public static void main(String[] arguments) throws IOException {
        URL[] jars = new URL[arguments.length - 2];
        for (int i = 0; i < jars.length; i++) {
            jars[i] = new File(arguments[i + 2]).toURI().toURL();
        }
        try (URLClassLoader classes = new URLClassLoader(jars, FitChild.class.getClassLoader());
                DataInputStream in =
                        new DataInputStream(Files.newInputStream(Path.of(arguments[0])));
                DataOutputStream out =
                        new DataOutputStream(Files.newOutputStream(Path.of(arguments[1])))) {
            Thread.currentThread().setContextClassLoader(classes);
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                Answer answer = answer(in.readNBytes(in.readInt()), classes);
                out.writeUTF(answer.verdict().name());
                String reason = answer.reason();
                out.writeUTF(reason.substring(0, Math.min(REASON_MAX, reason.length())));
            }
        }
        // A class of the jar may have started threads.
        System.exit(0);
    }

    private static Answer answer(byte[] bytes, ClassLoader classes) {
        TypeSerializerSnapshot<?> snapshot;
        try {
            snapshot =
                    TypeSerializerSnapshot.readVersionedSnapshot(
                            new DataInputDeserializer(bytes), classes);
        } catch (Throwable e) {
            return new Answer(Verdict.DOES_NOT_FIT, "its snapshot cannot be read: " + reason(e));
        }
        try {
            return decide(snapshot);
        } catch (Throwable e) {
            return new Answer(
                    Verdict.DOES_NOT_FIT, "its serializer cannot be restored: " + reason(e));
        }
    }

    /** What Java and Flink say, down to the first cause. */
    private static String reason(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (text.length() > 0) {
                text.append(": ");
            }
            text.append(cause.getClass().getSimpleName());
            if (cause.getMessage() != null) {
                text.append(" ").append(cause.getMessage());
            }
        }
        return text.toString();
    }

    private static <T> Answer decide(TypeSerializerSnapshot<T> snapshot)
            throws ReflectiveOperationException {
        TypeSerializer<T> restored = snapshot.restoreSerializer();
        if (snapshot instanceof CompositeTypeSerializerSnapshot<?, ?> composite) {
            Answer worst = new Answer(Verdict.FITS, "");
            for (TypeSerializerSnapshot<?> nested : composite.getNestedSerializerSnapshots()) {
                Answer answer = decide(nested);
                worst = answer.verdict().compareTo(worst.verdict()) > 0 ? answer : worst;
            }
            return worst;
        }
        if (snapshot instanceof SimpleTypeSerializerSnapshot) {
            return new Answer(Verdict.FITS, "");
        }
        if (snapshot instanceof PojoSerializerSnapshot && restored instanceof PojoSerializer) {
            return ofPojo(snapshot, restored);
        }
        if (snapshot instanceof KryoSerializerSnapshot) {
            return new Answer(
                    Verdict.UNDECIDED,
                    "Kryo: its classes are there; whether it reads their bytes shows only when it"
                            + " does");
        }
        return ofCompatibility(
                restored.snapshotConfiguration().resolveSchemaCompatibility(snapshot),
                restored.getClass().getName());
    }

    /** The class as the jar has it against the fields that were written. */
    private static <T> Answer ofPojo(TypeSerializerSnapshot<T> written, TypeSerializer<T> restored)
            throws ReflectiveOperationException {
        // An instance would have the old fields: where a type has changed there can be none.
        Field field = PojoSerializer.class.getDeclaredField("clazz");
        field.setAccessible(true);
        @SuppressWarnings("unchecked")
        Class<T> type = (Class<T>) field.get(restored);
        Class.forName(type.getName(), true, type.getClassLoader());
        TypeSerializer<T> now =
                TypeInformation.of(type).createSerializer(new SerializerConfigImpl());
        if (!(now instanceof PojoSerializer)) {
            return new Answer(
                    Verdict.DOES_NOT_FIT,
                    type.getName()
                            + " is no POJO any more: Flink would give it to "
                            + now.getClass().getSimpleName());
        }
        return ofCompatibility(
                now.snapshotConfiguration().resolveSchemaCompatibility(written), type.getName());
    }

    private static Answer ofCompatibility(
            TypeSerializerSchemaCompatibility<?> compatibility, String whose) {
        if (compatibility.isIncompatible()) {
            return new Answer(
                    Verdict.DOES_NOT_FIT,
                    whose + ": what was written has other types than the class has now");
        }
        if (compatibility.isCompatibleAfterMigration()) {
            return new Answer(
                    Verdict.FITS_AFTER_MIGRATION,
                    whose + ": fields came or went; values are rewritten when they are restored");
        }
        return new Answer(Verdict.FITS, "");
    }
}
