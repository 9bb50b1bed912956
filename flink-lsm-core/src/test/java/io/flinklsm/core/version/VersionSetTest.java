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
package io.flinklsm.core.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.LsmPicture;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VersionSetTest {

    private final LsmPicture picture = new LsmPicture();
    private final ObsoleteFiles obsolete = new ObsoleteFiles();

    @AfterEach
    void close() {
        picture.close();
    }

    @Test
    void editReplacesInputsByOutputs() {
        VersionSet versions = versions("L0 a-c#3 b-d#2\nL1 a-b#1 c-z#1");

        versions.apply(edit("L0 a-c#3 b-d#2\nL1 a-b#1", "L1 a-b#3"));

        assertThat(LsmPicture.print(versions.current())).isEqualTo("L1 a-b#3 c-z#1\n");
    }

    @Test
    void inputsOfAnEditGoWhenNobodyPinsTheVersionBefore() {
        VersionSet versions = versions("L0 a#3 b#2");
        Version pinned = versions.pinCurrent();

        versions.apply(edit("L0 a#3", "L1 a#4"));

        assertThat(obsolete.takeDeletable()).isEmpty();
        versions.unpin(pinned);
        assertThat(obsolete.takeDeletable()).containsExactly("a#3");
        assertThat(obsolete.takeDeletable()).isEmpty();
    }

    @Test
    void movedSstableKeepsItsFile() {
        VersionSet versions = versions("L1 a#3");

        versions.apply(edit("L1 a#3", "L2 a#3"));

        assertThat(LsmPicture.print(versions.current())).isEqualTo("L2 a#3\n");
        assertThat(obsolete.hasDeletable()).isFalse();
    }

    @Test
    void fileWithTwoClipsStaysUntilBothAreGone() {
        VersionSet versions = versions("L1 a-z#1:clip=a..k a-z#1:clip=k..");

        versions.apply(edit("L1 a-z#1:clip=a..k", "L2 a-c#1"));

        assertThat(obsolete.takeDeletable()).isEmpty();
        versions.apply(edit("L1 a-z#1:clip=k..", ""));
        assertThat(obsolete.takeDeletable()).containsExactly("a-z#1");
    }

    @Test
    void editThatDoesNotFitChangesNothing() {
        VersionSet versions = versions("L1 a#1");

        assertThatThrownBy(() -> versions.apply(edit("L1 b#1", "L1 c#2")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[tree t / b#1]")
                .hasMessageContaining("not there");
        assertThatThrownBy(() -> versions.apply(edit("", "L2 a#1")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("there already");
        assertThat(LsmPicture.print(versions.current())).isEqualTo("L1 a#1\n");
        assertThat(versions.liveVersions()).isEqualTo(1);
    }

    @Test
    void overlapInALevelIsOurOwnBug() {
        VersionSet versions = versions("L1 a-k#1");

        assertThatThrownBy(() -> versions.apply(edit("", "L1 c-d#2")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("overlaps its neighbour");
    }

    @Test
    void clearedTreeLetsItsFilesGo() {
        VersionSet versions = versions("L0 a#2\nL1 a#1");
        Version pinned = versions.pinCurrent();

        versions.clear();

        assertThat(versions.current().isEmpty()).isTrue();
        assertThat(obsolete.hasDeletable()).isFalse();
        versions.unpin(pinned);
        assertThat(obsolete.takeDeletable()).containsExactlyInAnyOrder("a#2", "a#1");
    }

    @Test
    void unpinningOnceTooOftenIsAnError() {
        VersionSet versions = versions("L0 a#2");
        Version pinned = versions.pinCurrent();
        versions.apply(edit("", "L0 a#3"));
        versions.unpin(pinned);

        assertThatThrownBy(() -> versions.unpin(pinned)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void newFileThatNobodyListsGoes() {
        List<SstableMeta> created = LsmPicture.metas("L0 a#1 b#1");
        obsolete.created(created);
        obsolete.pin(created.subList(0, 1));

        assertThat(obsolete.takeDeletable()).containsExactly("b#1");
        assertThat(obsolete.isPinned("a#1")).isTrue();
    }

    @Test
    void fileThatCouldNotBeDeletedIsHandedOutAgain() {
        VersionSet versions = versions("L0 a#1");
        versions.clear();
        assertThat(obsolete.takeDeletable()).containsExactly("a#1");

        obsolete.deleteFailed("a#1");

        assertThat(obsolete.hasDeletable()).isTrue();
        assertThat(obsolete.takeDeletable()).containsExactly("a#1");
    }

    private VersionSet versions(String text) {
        return new VersionSet(
                LsmPicture.TREE, picture.openSstables(), obsolete, picture.version(text));
    }

    private static VersionEdit edit(String removed, String added) {
        return new VersionEdit(LsmPicture.metas(removed), LsmPicture.metas(added));
    }
}
