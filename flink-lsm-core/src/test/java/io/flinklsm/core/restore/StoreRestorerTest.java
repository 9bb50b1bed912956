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
package io.flinklsm.core.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.sstable.NewSstable;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.version.RunCursor;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StoreRestorerTest {

    private final InMemoryStorage storage = new InMemoryStorage();
    private final MemoryBudget budget = MemoryBudget.root("test", 8 << 20);
    private final BlockCache cache = new BlockCache(budget);
    private final OpenSstables openSstables = new OpenSstables(storage, budget, cache, 10);

    @AfterEach
    void close() {
        openSstables.close();
        cache.close();
        budget.close();
    }

    @Test
    void levelsOfSourcesAreJoinedInKeyOrder() throws IOException {
        SstableMeta left1 = write("l1", 1, 3, "a=1 f=1");
        SstableMeta left0 = write("l0", 0, 9, "b=9");
        SstableMeta right1 = write("r1", 1, 4, "q=1 z=1");
        SstableMeta right0 = write("r0", 0, 8, "q-");

        StoreRestorer.Restored restored =
                restore(source("..m", left0, left1), source("m..", right0, right1));

        assertThat(picture(restored)).isEqualTo("L0 b#9\nL0 q#8\nL1 a-f#3 q-z#4\n");
        assertThat(live(restored)).isEqualTo("a=1 b=9 f=1 z=1");
        assertThat(restored.nextGeneration()).isEqualTo(10);
    }

    @Test
    void onlyKeysInsideTheClipsAreRestored() throws IOException {
        SstableMeta file = write("f", 1, 3, "a=1 c=1 e=1 g=1");
        SstableMeta above = write("g", 0, 4, "a=2 e=2 g-");

        StoreRestorer.Restored restored = restore(source("c..f", above, file));

        assertThat(live(restored)).isEqualTo("c=1 e=2");
    }

    @Test
    void fileThatTwoSubtasksSharedComesTogetherAgain() throws IOException {
        SstableMeta shared = write("f", 1, 3, "a=1 c=1 e=1 g=1");
        // The right one has moved its half to another level, below newer entries.
        SstableMeta rightAbove = write("r", 1, 9, "e=9");

        StoreRestorer.Restored restored =
                restore(
                        source("a..d", shared.withClip(LsmPicture.range("a..d"))),
                        source(
                                "d..",
                                rightAbove,
                                shared.withClip(LsmPicture.range("d..")).withLevel(2)));

        assertThat(live(restored)).isEqualTo("a=1 c=1 e=9 g=1");
        assertThat(picture(restored)).isEqualTo("L1 a-g#3:clip=a..d e#9\nL2 a-g#3:clip=d..\n");
    }

    @Test
    void missingFileIsNamed() throws IOException {
        SstableMeta file = write("gone", 1, 3, "a=1");
        storage.delete("gone");

        assertThatThrownBy(() -> restore(source("..", file)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("gone");
    }

    @Test
    void truncatedFileIsNamed() throws IOException {
        SstableMeta file = write("short", 1, 3, "a=1");
        byte[] bytes = storage.bytes("short");
        storage.put("short", Arrays.copyOf(bytes, bytes.length - 1));

        assertThatThrownBy(() -> restore(source("..", file)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("short");
    }

    @Test
    void otherFileUnderTheSameNameIsRefused() throws IOException {
        SstableMeta file = write("one", 1, 3, "a=1");
        write("two", 1, 3, "b=1");
        storage.put("one", storage.bytes("two"));

        assertThatThrownBy(() -> restore(source("..", file)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("one");
    }

    @Test
    void imageWhoseSstablesOverlapInALevelIsRefused() throws IOException {
        SstableMeta first = write("x", 1, 3, "a=1 m=1");
        SstableMeta second = write("y", 1, 4, "c=1 d=1");

        assertThatThrownBy(() -> restore(source("..", first, second)))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("[tree t]")
                .hasMessageContaining("overlaps its neighbour");
    }

    private StoreRestorer.Restored restore(RestoreSource... sources) throws IOException {
        return StoreRestorer.restore(List.of(sources), openSstables);
    }

    private static RestoreSource source(String clip, SstableMeta... metas) {
        KeyRange range = LsmPicture.range(clip);
        return new RestoreSource(
                new CheckpointImage(1, 2, List.of(new TreeImage("t", List.of(metas)))), range);
    }

    private static String picture(StoreRestorer.Restored restored) {
        return LsmPicture.print(version(restored));
    }

    private static Version version(StoreRestorer.Restored restored) {
        return restored.trees().get("t");
    }

    private static String live(StoreRestorer.Restored restored) throws IOException {
        return ListCursor.picture(
                CollapsingCursor.live(
                        version(restored).runs().stream()
                                .map(run -> new RunCursor(run.sstables(), KeyRange.ALL, true))
                                .toList(),
                        null));
    }

    private SstableMeta write(String name, int level, long generation, String entries)
            throws IOException {
        NewSstable identity =
                new NewSstable(new SstableIdentity(name, "t", generation, 0, 0), level, false, 0);
        try (SstableWriter writer =
                new SstableWriter(storage, identity, SstableOptions.DEFAULTS, budget)) {
            ListCursor cursor = ListCursor.of(entries);
            while (cursor.next()) {
                writer.add(cursor.key(), cursor.kind(), cursor.value());
            }
            return writer.finish();
        }
    }
}
