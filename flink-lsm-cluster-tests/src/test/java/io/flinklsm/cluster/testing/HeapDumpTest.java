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
package io.flinklsm.cluster.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is held is found, and what is held no more is not: each dump is read for itself. */
final class HeapDumpTest {

    private static final class Held {}

    private static final List<Object> HOLDER = new ArrayList<>();

    @TempDir private Path directory;

    @Test
    void eachDumpTellsWhatIsHeldNow() throws Exception {
        assertThat(holders()).isEmpty();

        HOLDER.add(new Held());
        assertThat(holders())
                .singleElement()
                .asString()
                .contains("java.util.ArrayList.elementData")
                .contains("class " + HeapDumpTest.class.getName() + ".HOLDER");

        // Another place in the heap for what comes behind it.
        HOLDER.add(new byte[1 << 20]);
        HOLDER.add(new Held());
        assertThat(holders()).hasSize(2);

        HOLDER.clear();
        WeakReference<Held> weak = new WeakReference<>(new Held());
        assertThat(holders()).isEmpty();
        assertThat(weak.get()).isNull();
        assertThat(directory).isEmptyDirectory();
    }

    private List<String> holders() throws Exception {
        return HeapDump.holdersOf(ProcessHandle.current().pid(), Held.class.getName(), directory);
    }
}
