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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Java objects in a file are read over, never made. */
final class JavaObjectsTest {

    /** Says when code of it ran. */
    private static final class Trap implements Serializable {
        private static final long serialVersionUID = 1L;

        static int sprung;

        private final Map<String, Object> inside = new HashMap<>();

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            sprung++;
            in.defaultReadObject();
        }
    }

    private static byte[] bytes(Object object) throws IOException {
        var out = new ByteArrayOutputStream();
        new ObjectOutputStream(out).writeObject(object);
        out.write(77);
        return out.toByteArray();
    }

    @Test
    void theEndIsFoundAndNoCodeRuns() throws IOException {
        var trap = new Trap();
        trap.inside.put(
                "list", new ArrayList<>(List.of("a", 1, new long[] {1, 2}, Thread.State.NEW)));
        trap.inside.put("self", trap);
        var in = new ByteArrayInputStream(bytes(trap));

        assertThat(JavaObjects.skip(in)).isEqualTo(Trap.class.getName());

        assertThat(Trap.sprung).isZero();
        assertThat(in.read()).isEqualTo(77);
    }

    @Test
    void stringsAndNullHaveNoClass() throws IOException {
        for (Object object : Arrays.asList("text", null)) {
            var in = new ByteArrayInputStream(bytes(object));

            assertThat(JavaObjects.skip(in)).isEmpty();
            assertThat(in.read()).isEqualTo(77);
        }
    }

    @Test
    void anArrayThatIsOnlyPromisedTakesNoMemory() throws IOException {
        byte[] bytes = bytes(new long[] {1});
        // The length stands before the last eight bytes and the mark.
        bytes[bytes.length - 13] = 0x7F;

        assertThatThrownBy(() -> JavaObjects.skip(new ByteArrayInputStream(bytes)))
                .isInstanceOf(SnapshotReader.MalformedException.class);
    }

    @Test
    void objectsNestedWithoutEndAreRefused() throws IOException {
        Object nested = "inside";
        for (int i = 0; i < 500; i++) {
            nested = new ArrayList<>(Arrays.asList(nested));
        }
        byte[] bytes = bytes(nested);

        assertThatThrownBy(() -> JavaObjects.skip(new ByteArrayInputStream(bytes)))
                .isInstanceOf(SnapshotReader.MalformedException.class);
    }

    @Test
    void whateverIsChangedItIsReadOverOrRefused() throws IOException {
        Random random = new Random(15);
        byte[] original = bytes(new ArrayList<>(List.of(new Trap(), Map.of("a", 1))));
        for (int i = 0; i < 2000; i++) {
            byte[] changed = original.clone();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            byte[] cut = Arrays.copyOf(changed, 1 + random.nextInt(changed.length));
            try {
                JavaObjects.skip(new ByteArrayInputStream(i % 2 == 0 ? cut : changed));
            } catch (SnapshotReader.MalformedException | EOFException e) {
                assertThat(e).isNotNull();
            }
        }
        assertThat(Trap.sprung).isZero();
    }
}
