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
package io.flinklsm.core.tree;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.version.Level;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.SstableId;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.version.VersionSet;
import io.flinklsm.core.view.FrozenSource;
import io.flinklsm.core.view.ReadView;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Versions, views and the state of a tree refuse what would show later, in another place. */
final class StatedChecksTest {

    private final LsmPicture picture = new LsmPicture();
    private final Upkeep upkeep = new Upkeep();

    @AfterEach
    void close() {
        picture.close();
    }

    @Test
    void aRunThatIsNoneIsRefused() {
        List<Sstable> one = picture.version("L1 a-c#1").sstables();

        refused("level=1, sstables=0", () -> new SortedRun(1, List.of()));
        refused("level=-1, sstables=1", () -> new SortedRun(-1, one));
        refused("number=0, runLevel=0", () -> new Level(0, one));
        refused("number=2, runLevel=1", () -> new Level(2, new SortedRun(1, one)));
        refused("an SSTable has no name", () -> new SstableId("", null));
        refused("a source has no generation", () -> new FrozenSource(List.of(), null));
        refused("a flush needs a generation", () -> new FlushPlan(List.of(), true));
    }

    @Test
    void anEditNamesAnSstableOnce() {
        List<SstableMeta> twice = LsmPicture.metas("L1 a-c#1 a-c#1");

        refused("an SSTable is removed twice", () -> new VersionEdit(twice, List.of()));
        refused("an SSTable is added twice", () -> new VersionEdit(List.of(), twice));
    }

    @Test
    void theCurrentVersionKeepsThePinOfItsSet() {
        VersionSet versions =
                new VersionSet(
                        LsmPicture.TREE,
                        picture.openSstables(),
                        new ObsoleteFiles(),
                        Version.EMPTY);
        Version pinned = versions.pinCurrent();

        versions.unpin(pinned);

        ourFault("loses its last pin: pins=1", () -> versions.unpin(pinned));
    }

    @Test
    void aFileThatIsBeingDeletedIsGone() {
        ObsoleteFiles files = new ObsoleteFiles();
        List<SstableMeta> metas = LsmPicture.metas("L1 a-c#1");
        files.created(metas);
        files.takeDeletable();

        ourFault("new file has the name", () -> files.created(metas));
        ourFault("pinned that is being deleted", () -> files.pin(metas));
    }

    @Test
    void aFileThatIsListedIsNotDeleted() {
        ObsoleteFiles files = new ObsoleteFiles();
        List<SstableMeta> metas = LsmPicture.metas("L1 a-c#1");
        files.pin(metas);

        ourFault("listed was to be deleted", () -> files.deleteFailed("a-c#1"));
    }

    @Test
    void aPageBeginsBehindAKeyOfItsPrefix() {
        KeyBuffer prefix = new KeyBuffer().set(new byte[] {1, 2}, 0, 2);
        KeyBuffer other = new KeyBuffer().set(new byte[] {1, 3, 4}, 0, 3);

        ourFault("with another prefix: prefixBytes=2", () -> ReadView.rangeOf(prefix, other));
    }

    @Test
    void whatBeganEndsOnce() {
        StoreLock lock = upkeep.lock();
        FlushListener listener = (tree, plan, written) -> {};
        lock.lock();
        try {
            upkeep.begin();
            upkeep.end();
            upkeep.addFlushListener(listener);

            ourFault("running=-1", upkeep::end);
            ourFault("added twice", () -> upkeep.addFlushListener(listener));
            upkeep.removeFlushListener(listener);
            ourFault("does not listen", () -> upkeep.removeFlushListener(listener));
            ourFault("nanosMax=0", () -> lock.awaitProgress(0));
        } finally {
            lock.unlock();
        }
        ourFault("the lock of the store is not held", upkeep::begin);
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static void ourFault(String why, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(AssertionError.class).hasMessageContaining(why);
    }
}
