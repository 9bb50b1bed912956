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
package io.flinklsm.core.write;

import static io.flinklsm.core.write.WriterFixture.bytes;
import static io.flinklsm.core.write.WriterFixture.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import java.io.IOException;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a write does to memory and to the account of it, and which writes are refused. */
@Timeout(60)
final class TreeWriterTest {

    private static final TreeOptions LISTS =
            new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(','), null);

    private final WriterFixture fixture = new WriterFixture(1 << 20);
    private final TreeState tree = fixture.tree("counts");
    private final TreeState lists = fixture.tree("lists", LISTS);
    private final TreeWriter writer = fixture.writerOf(tree);
    private final TreeWriter listWriter = fixture.writerOf(lists);

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void lastWriteCounts() throws Exception {
        put("a", "1");
        put("a", "22");
        assertThat(fixture.find(tree, "a")).isEqualTo("22");

        writer.delete(key("a"));
        assertThat(fixture.find(tree, "a")).isNull();

        put("a", "");
        assertThat(fixture.find(tree, "a")).isEmpty();
    }

    @Test
    void partOfAnArrayIsWritten() throws Exception {
        writer.put(key("a"), bytes("abcdef"), 2, 3);
        listWriter.merge(key("a"), bytes("abcdef"), 1, 2);
        listWriter.merge(key("a"), bytes("abcdef"), 5, 1);

        assertThat(fixture.find(tree, "a")).isEqualTo("cde");
        assertThat(fixture.find(lists, "a")).isEqualTo("bc,f");
    }

    @Test
    void valueOutsideItsArrayIsOurFaultAndNotWritten() {
        byte[] value = new byte[10];

        assertThatThrownBy(() -> writer.put(key("a"), value, 5, 6))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("from=5, byteCount=6");
        assertThatThrownBy(() -> writer.put(key("a"), value, -1, 1))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> listWriter.merge(key("a"), value, 0, 11))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> listWriter.merge(key("a"), value, 0, -1))
                .isInstanceOf(AssertionError.class);
        assertThat(tree.openEntryCount()).isZero();
        assertThat(lists.openEntryCount()).isZero();
    }

    @Test
    void operandNeedsAnOperator() {
        assertThatThrownBy(() -> writer.merge(key("a"), bytes("1"), 0, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[tree counts] has no merge operator");
        assertThat(tree.openEntryCount()).isZero();
    }

    @Test
    void keyThatIsTooLongIsRefusedByEveryWrite() {
        KeyBuffer tooLong =
                new KeyBuffer().set(new byte[TreeWriter.KEY_BYTES_MAX + 1], 0, 1 + (1 << 20));

        assertThatThrownBy(() -> writer.put(tooLong, bytes("1"), 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[tree counts] an entry is too large: keyBytes=1048577");
        assertThatThrownBy(() -> writer.delete(tooLong))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> listWriter.merge(tooLong, bytes("1"), 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void emptyKeyIsAKey() throws Exception {
        put("", "1");

        assertThat(fixture.find(tree, "")).isEqualTo("1");
    }

    @Test
    void largeEntryGoesPastTheMemory() throws Exception {
        int largeBytes = (int) fixture.writer.largeEntryBytes();
        writer.put(key("at"), new byte[largeBytes], 0, largeBytes - 2);
        assertThat(fixture.largeWritten).isEmpty();

        writer.put(key("above"), new byte[largeBytes], 0, largeBytes);
        listWriter.merge(key("above"), new byte[largeBytes], 0, largeBytes);

        assertThat(fixture.largeWritten).hasSize(2);
        assertThat(fixture.largeWritten.get(0)).contains("PUT above " + largeBytes);
        assertThat(fixture.largeWritten.get(1)).contains("MERGE above " + largeBytes);
        assertThat(tree.openBytes()).as("flushed before the large one").isZero();
    }

    @Test
    void storeThatHasFailedTakesNothing() {
        fixture.upkeep.fail(new IOException("disk"));

        assertThatThrownBy(() -> put("a", "1")).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(() -> writer.delete(key("a"))).isInstanceOf(StoreFailedException.class);
        assertThatThrownBy(() -> listWriter.merge(key("a"), bytes("1"), 0, 1))
                .isInstanceOf(StoreFailedException.class);
        assertThat(tree.openEntryCount()).isZero();
    }

    @Test
    void movedValueStandsBehindTheTargetsAndIsGoneFromItsPlace() throws Exception {
        merge("target", "1");
        merge("source", "2");
        merge("source", "3");

        listWriter.moveBehind(key("target"), key("source"));

        assertThat(fixture.find(lists, "target")).isEqualTo("1,2,3");
        assertThat(fixture.find(lists, "source")).isNull();
    }

    @Test
    void valueMovesToATargetThatHasNone() throws Exception {
        merge("source", "1");

        listWriter.moveBehind(key("target"), key("source"));

        assertThat(fixture.find(lists, "target")).isEqualTo("1");
    }

    @Test
    void nothingMovesIfTheSourceHasNothing() throws Exception {
        merge("target", "1");
        int entries = lists.openEntryCount();

        listWriter.moveBehind(key("target"), key("source"));

        assertThat(fixture.find(lists, "target")).isEqualTo("1");
        assertThat(lists.openEntryCount()).as("no tombstone").isEqualTo(entries);
    }

    @Test
    void valueThatIsMovedBehindItselfIsOurFaultAndStays() throws Exception {
        merge("a", "1");

        assertThatThrownBy(() -> listWriter.moveBehind(key("a"), key("a")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("behind itself");
        assertThat(fixture.find(lists, "a")).isEqualTo("1");
    }

    @Test
    void longValueMovesPastTheMemory() throws Exception {
        int half = (int) fixture.writer.largeEntryBytes() / 2 + 100;
        listWriter.merge(key("source"), new byte[half], 0, half);
        listWriter.merge(key("source"), new byte[half], 0, half);

        listWriter.moveBehind(key("target"), key("source"));

        assertThat(fixture.largeWritten).hasSize(1);
        assertThat(fixture.largeWritten.get(0)).contains("MERGE target " + (2 * half + 1));
        assertThat(fixture.find(lists, "source")).isNull();
    }

    /** Whatever is written, what is dirty is what the open and the frozen generations hold. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void accountOfMemoryIsRightAfterEveryWrite(long seed) throws Exception {
        Random random = new Random(seed);
        fixture.flushesAtOnce = true;
        TreeMap<String, String> model = new TreeMap<>();
        TreeMap<String, String> listModel = new TreeMap<>();
        for (int step = 0; step < 2000; step++) {
            String where = "seed " + seed + ", step " + step;
            String name = "key" + random.nextInt(50);
            String value = "x".repeat(random.nextInt(random.nextInt(20) == 0 ? 5000 : 50));
            switch (random.nextInt(6)) {
                case 0 -> {
                    writer.delete(key(name));
                    model.remove(name);
                }
                case 1 -> {
                    listWriter.delete(key(name));
                    listModel.remove(name);
                }
                case 2, 3 -> {
                    merge(name, value);
                    listModel.merge(name, value, (older, newer) -> older + "," + newer);
                }
                default -> {
                    put(name, value);
                    model.put(name, value);
                }
            }
            if (random.nextInt(200) == 0) {
                fixture.writer.freeze(random.nextBoolean() ? tree : lists, random.nextBoolean());
            }
            assertThat(fixture.writer.openBytes())
                    .as(where)
                    .isEqualTo(tree.accountedBytes() + lists.accountedBytes());
            assertThat(tree.accountedBytes()).as(where).isEqualTo(tree.openBytes());
            assertThat(lists.accountedBytes()).as(where).isEqualTo(lists.openBytes());
            assertThat(fixture.slot.tierMemory().dirtyBytes())
                    .as(where)
                    .isEqualTo(memoryBytes(tree) + memoryBytes(lists));
            assertThat(fixture.find(tree, name)).as(where).isEqualTo(model.get(name));
        }
        for (String name : listModel.keySet()) {
            String found = fixture.find(lists, name);
            assertThat(found == null || found.equals(listModel.get(name))).isTrue();
        }
    }

    private long memoryBytes(TreeState state) {
        fixture.upkeep.lock().lock();
        try {
            return state.memoryBytes();
        } finally {
            fixture.upkeep.lock().unlock();
        }
    }

    private void put(String name, String value) throws IOException {
        writer.put(key(name), bytes(value), 0, value.length());
    }

    private void merge(String name, String value) throws IOException {
        listWriter.merge(key(name), bytes(value), 0, value.length());
    }
}
