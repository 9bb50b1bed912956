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
package io.flinklsm.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.version.VersionEdit;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompactionJobTest {

    private static final CompactionPicker PICKER =
            new LeveledPicker(new CompactionOptions(2, 1 << 20, 1 << 20, 10));

    private final InMemoryStorage memory = new InMemoryStorage();
    private final HostileStorage storage = new HostileStorage(memory);
    private final TreeOnDisk tree = new TreeOnDisk(storage, 42);

    @AfterEach
    void close() {
        tree.close();
        storage.assertNoOpenHandles();
    }

    @Test
    void newestWordOnEachKeyIsLeft() throws IOException {
        tree.flush("a=1 b=1 c+1 d=1");
        tree.flush("a=2 b- c+2");

        VersionEdit edit = tree.compact(PICKER.pick(tree.versions.current()));

        assertThat(edit.removed()).hasSize(2);
        assertThat(edit.added()).hasSize(1);
        assertThat(tree.content(edit.added().get(0))).isEqualTo("a=2 c=1,2 d=1");
        assertThat(memory.list()).containsExactly(edit.added().get(0).fileName());
    }

    @Test
    void outputTellsLevelAgeAndTimesOfItsInputs() throws IOException {
        tree.flush("a=1");
        tree.flush("a- b=2");

        SstableMeta output = tree.compact(PICKER.pick(tree.versions.current())).added().get(0);

        assertThat(output.level()).isEqualTo(1);
        assertThat(output.generation()).isEqualTo(2);
        assertThat(output.minWriteTimeMillis()).isEqualTo(10);
        assertThat(output.maxWriteTimeMillis()).isEqualTo(29);
        assertThat(output.tombstoneCount()).isZero();
        assertThat(output.fileName()).startsWith("t-L1-G2-");
    }

    @Test
    void tombstonesAndOperandsStayAboveOlderSstables() throws IOException {
        SstableMeta below = tree.write(2, 1, ListCursor.of("b=0 k=0"));
        tree.install(new VersionEdit(List.of(), List.of(below)));
        tree.flush("a- b- c+1 z-");
        tree.flush("c+2 z+1");

        VersionEdit edit = tree.compact(PICKER.pick(tree.versions.current()));

        assertThat(tree.content(edit.added().get(0))).isEqualTo("b- c+1,2 z=1");
        assertThat(tree.live()).isEqualTo("c=1,2 k=0 z=1");
    }

    @Test
    void nothingIsWrittenWhenNothingIsLeft() throws IOException {
        tree.flush("a=1 b=1");
        tree.flush("a- b-");

        VersionEdit edit = tree.compact(PICKER.pick(tree.versions.current()));

        assertThat(edit.added()).isEmpty();
        assertThat(tree.versions.current().isEmpty()).isTrue();
        assertThat(memory.list()).isEmpty();
    }

    @Test
    void outputsAreSplitAtTheTargetSize() throws IOException {
        tree.targetFileBytes = 2000;
        StringBuilder entries = new StringBuilder();
        for (int i = 1000; i < 2000; i++) {
            entries.append(i).append('=').append(i * 31L).append(' ');
        }
        tree.flush(entries.toString());
        tree.flush("1500=x");
        String before = tree.live();

        VersionEdit edit = tree.compact(PICKER.pick(tree.versions.current()));

        assertThat(edit.added()).hasSizeGreaterThan(3);
        assertThat(tree.live()).isEqualTo(before);
        assertThat(tree.versions.current().deeper()).hasSize(1);
    }

    @Test
    void clippedInputsLeaveWhatIsOutsideBehind() throws IOException {
        SstableMeta first = tree.write(0, 5, ListCursor.of("a=1 c=1 e=1"));
        SstableMeta second = tree.write(0, 6, ListCursor.of("c=2 d=2"));
        tree.install(
                new VersionEdit(
                        List.of(),
                        List.of(
                                first.withClip(LsmPicture.range("b..d")),
                                second.withClip(LsmPicture.range("b..d")))));

        VersionEdit edit = tree.compact(PICKER.pick(tree.versions.current()));

        assertThat(tree.content(edit.added().get(0))).isEqualTo("c=2");
        assertThat(edit.added().get(0).clip()).isNull();
    }

    @Test
    void fileWithTwoClipsIsReadOnceThroughEach() throws IOException {
        SstableMeta file = tree.write(0, 5, ListCursor.of("a=1 c=1 e=1 g=1"));
        SstableMeta newer = tree.write(0, 6, ListCursor.of("g=2"));
        tree.install(
                new VersionEdit(
                        List.of(),
                        List.of(
                                file.withClip(LsmPicture.range("a..c")),
                                file.withClip(LsmPicture.range("e..z")),
                                newer)));

        VersionEdit edit = tree.compact(PICKER.pick(tree.versions.current()));

        assertThat(tree.content(edit.added().get(0))).isEqualTo("a=1 e=1 g=2");
        assertThat(memory.list()).hasSize(1);
    }

    @Test
    void movedSstablesAreNotTouched() throws IOException {
        CompactionPicker eager = new LeveledPicker(new CompactionOptions(2, 1, 1 << 20, 10));
        tree.flush("a=1 b=1");
        tree.flush("c=1 d=1");
        TreeSet<String> before = new TreeSet<>(memory.list());
        int calls = storage.calls();

        tree.compact(eager.pick(tree.versions.current()));

        assertThat(storage.calls()).isEqualTo(calls);
        assertThat(new TreeSet<>(memory.list())).isEqualTo(before);
        assertThat(tree.versions.current().level0Runs()).isZero();
        assertThat(tree.live()).isEqualTo("a=1 b=1 c=1 d=1");
    }

    @Test
    void filterSeesTheValuesOfSstablesThatCouldBeMoved() throws IOException {
        CompactionPicker eager = new LeveledPicker(new CompactionOptions(2, 1, 1 << 20, 10));
        tree.flush("a=old b=new");
        tree.flush("c=old d=new");
        tree.filter =
                (key, value, replacement) ->
                        value.toString().equals("old")
                                ? EntryFilter.Decision.DROP
                                : EntryFilter.Decision.KEEP;

        tree.compact(eager.pick(tree.versions.current()));

        assertThat(tree.live()).isEqualTo("b=new d=new");
    }

    @Test
    void eachJobBeginsItsOwnFilter() throws IOException {
        int[] begun = new int[1];
        tree.filter =
                new EntryFilter() {
                    @Override
                    public EntryFilter begin() {
                        begun[0]++;
                        return (key, value, replacement) -> Decision.KEEP;
                    }

                    @Override
                    public Decision filter(
                            io.flinklsm.core.bytes.Slice key,
                            io.flinklsm.core.bytes.Slice value,
                            io.flinklsm.core.bytes.ValueBuffer replacement) {
                        throw new AssertionError("not begun");
                    }
                };
        tree.flush("a=1");
        tree.flush("a=2");

        tree.compact(PICKER.pick(tree.versions.current()));

        assertThat(begun[0]).isEqualTo(1);
    }

    @Test
    void cancelledJobLeavesNothing() throws IOException {
        tree.flush("a=1 b=1");
        tree.flush("a=2 c=2");
        TreeSet<String> before = new TreeSet<>(memory.list());
        tree.cancelled = true;

        VersionEdit edit = tree.run(PICKER.pick(tree.versions.current()));

        assertThat(edit.isEmpty()).isTrue();
        assertThat(new TreeSet<>(memory.list())).isEqualTo(before);
    }

    @Test
    void operandsWithoutAnOperatorFailTheJobAndLeaveNothing() throws IOException {
        tree.flush("a=1 c+1");
        tree.flush("c+2");
        TreeSet<String> before = new TreeSet<>(memory.list());
        tree.operator = null;
        CompactionPlan plan = PICKER.pick(tree.versions.current());

        assertThat(plan.needsOperator()).isTrue();
        assertThatThrownBy(() -> tree.run(plan))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no merge operator");
        assertThat(new TreeSet<>(memory.list())).isEqualTo(before);
    }

    @Test
    void damagedInputFailsTheJobAndLeavesNothing() throws IOException {
        SstableMeta damaged = tree.flush("a=1 b=1");
        tree.flush("a=2 c=2");
        TreeSet<String> before = new TreeSet<>(memory.list());
        storage.flipBits(damaged.fileName(), 8 * 30);

        assertThatThrownBy(() -> tree.run(PICKER.pick(tree.versions.current())))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(damaged.fileName());
        assertThat(new TreeSet<>(memory.list())).isEqualTo(before);
    }

    @Test
    void failureOfAnyCallLeavesNoFileAndNoChange() throws IOException {
        tree.targetFileBytes = 1500;
        StringBuilder entries = new StringBuilder();
        for (int i = 100; i < 500; i++) {
            entries.append(i).append('=').append(i * 31L).append(' ');
        }
        tree.flush(entries.toString());
        tree.flush("100- 250=x 499-");
        String live = tree.live();
        TreeSet<String> before = new TreeSet<>(memory.list());
        storage.tearWrites(true);
        int failures = 0;
        while (true) {
            // A fresh start, so that every run makes the same calls.
            tree.versions
                    .current()
                    .metas()
                    .forEach(meta -> tree.openSstables.forget(meta.fileName()));
            int injected = storage.injectedCount();
            storage.failCall(failures + 1);
            VersionEdit edit = null;
            try {
                edit = tree.run(PICKER.pick(tree.versions.current()));
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(HostileStorage.INJECTED);
            }
            if (edit != null) {
                assertThat(storage.injectedCount()).isEqualTo(injected);
                storage.failCall(0);
                tree.install(edit);
                break;
            }
            failures++;
            storage.failCall(0);
            tree.deleteObsolete();
            assertThat(new TreeSet<>(memory.list())).as("call %s", failures).isEqualTo(before);
            assertThat(tree.live()).isEqualTo(live);
        }

        assertThat(failures).isGreaterThan(10);
        assertThat(tree.versions.current().deeper().get(0).sstables()).hasSizeGreaterThan(1);
        assertThat(tree.live()).isEqualTo(live);
    }

    @Test
    void outputThatCannotBeDeletedIsHandedOverForLater() throws IOException {
        tree.flush("a=1 b=1");
        tree.flush("a=2 c=2");
        TreeSet<String> before = new TreeSet<>(memory.list());
        storage.failAll(HostileStorage.Call.FINISH, true).failAll(HostileStorage.Call.DELETE, true);

        assertThatThrownBy(() -> tree.run(PICKER.pick(tree.versions.current())))
                .isInstanceOf(IOException.class);

        storage.failAll(HostileStorage.Call.FINISH, false)
                .failAll(HostileStorage.Call.DELETE, false);
        assertThat(tree.obsoleteFiles.hasDeletable()).isTrue();
        tree.deleteObsolete();
        assertThat(new TreeSet<>(memory.list())).isEqualTo(before);
    }
}
