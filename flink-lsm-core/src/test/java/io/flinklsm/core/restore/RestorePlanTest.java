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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestorePlanTest {

    @Test
    void aFileThatLiesInsideTheClipIsNotClipped() {
        RestorePlan plan = RestorePlan.of(List.of(source("a", "m", meta("x", 3, "b", "k"))));

        assertThat(plan.trees().get("counts").get(0).clip()).isNull();
    }

    @Test
    void aFileThatReachesOutIsSeenThroughTheClip() {
        RestorePlan plan = RestorePlan.of(List.of(source("c", "m", meta("x", 3, "b", "k"))));

        assertThat(plan.trees().get("counts").get(0).clip()).isEqualTo(range("c", "m"));
    }

    @Test
    void aFileThatLiesOutsideIsNotNeeded() {
        RestorePlan plan =
                RestorePlan.of(
                        List.of(source("a", "c", meta("x", 3, "c", "k"), meta("y", 9, "a", "b"))));

        assertThat(plan.fileNames()).containsExactly("y");
        assertThat(plan.nextGeneration()).isEqualTo(10);
    }

    @Test
    void aClippedFileOutsideOfItsClipIsNotNeeded() {
        SstableMeta clipped = meta("x", 3, "a", "z").withClip(range("a", "c"));

        assertThat(RestorePlan.of(List.of(source("m", "z", clipped))).fileNames()).isEmpty();
    }

    @Test
    void oneFileMayComeFromTwoSources() {
        SstableMeta left = meta("x", 3, "a", "z").withClip(range("a", "m"));
        SstableMeta right = meta("x", 3, "a", "z").withClip(range("m", "zz"));

        RestorePlan plan =
                RestorePlan.of(List.of(source("a", "m", left), source("m", "zz", right)));

        assertThat(plan.trees().get("counts"))
                .extracting(SstableMeta::clip)
                .containsExactly(range("a", "m"), range("m", "zz"));
    }

    @Test
    void sourcesThatClaimTheSameKeysAreRefused() {
        RestoreSource left = source("a", "m");
        RestoreSource right = source("l", "z");

        assertThatThrownBy(() -> RestorePlan.of(List.of(left, right)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claim the same keys");
    }

    private static RestoreSource source(String from, String to, SstableMeta... metas) {
        TreeImage tree = new TreeImage("counts", List.of(metas));
        return new RestoreSource(new CheckpointImage(1, 0, List.of(tree)), range(from, to));
    }

    private static KeyRange range(String from, String to) {
        return new KeyRange(OwnedSlice.ofText(from), OwnedSlice.ofText(to));
    }

    private static SstableMeta meta(String fileName, long generation, String min, String max) {
        return new SstableMeta(
                new SstableIdentity(fileName, "counts", generation, 5, 6),
                new SstableMeta.Extent(1000, 900, 0),
                new SstableMeta.Content(10, 0, 0, OwnedSlice.ofText(min), OwnedSlice.ofText(max)),
                1,
                null);
    }
}
