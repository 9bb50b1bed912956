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

import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.version.Version;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SizeTieredPickerTest {

    private final CompactionPicker picker =
            new SizeTieredPicker(new CompactionOptions(4, 200, 1000, 10));
    private final LsmPicture picture = new LsmPicture();

    @AfterEach
    void close() {
        picture.close();
    }

    @Test
    void nothingIsDueBelowTheTrigger() {
        assertThat(pick("")).isEqualTo("nothing");
        assertThat(pick("L0 a-z#9 a-z#8 a-z#7")).isEqualTo("nothing");
    }

    @Test
    void neighboursOfSimilarSizeAreMerged() {
        assertThat(pick("L0 a#9:size=1 a#8:size=1 a#7:size=1 a#6:size=60"))
                .isEqualTo("RUNS: L0 a#9 a#8 a#7 -> L0 #9 keep");
        assertThat(pick("L0 a#9:size=40 a#8:size=1 a#7:size=2 a#6:size=60"))
                .isEqualTo("RUNS: L0 a#8 a#7 -> L0 #8 keep");
    }

    @Test
    void tombstonesGoWhereNoOlderRunHasTheKeys() {
        assertThat(pick("L0 a#9:size=1 a#8:size=1 a#7:size=1 b-z#6:size=60"))
                .isEqualTo("RUNS: L0 a#9 a#8 a#7 -> L0 #9 drop");
    }

    @Test
    void everythingIsMergedWhenTheNewerRunsWeighAsMuchAsTheOldest() {
        assertThat(pick("L0 a#9:size=20 a#8:size=20 a#7:size=20 a#6:size=60"))
                .isEqualTo("SPACE: L0 a#9 a#8 a#7 a#6 -> L0 #9 drop");
    }

    @Test
    void filesOfOneGenerationAreOneRun() {
        assertThat(pick("L0 a-c#9 d-f#9 g-i#9 j-z#9 a-z#8")).isEqualTo("nothing");
    }

    @Test
    void levelsOfALeveledLifeAreOlderRuns() {
        assertThat(pick("L0 a#9:size=1 a#8:size=1\nL1 a#5:size=1\nL2 a-c#1:size=30 d-z#1:size=30"))
                .isEqualTo("RUNS: L0 a#9 a#8 + L1 a#5 -> L1 #9 keep");
    }

    @Test
    void oldestRunOfMostlyTombstonesIsRewritten() {
        assertThat(pick("L0 a-c#9 a-z#1:dels=80")).isEqualTo("TOMBSTONES: L0 a-z#1 -> L0 #1 drop");
        assertThat(pick("L0 a-c#9:dels=80 a-z#1")).isEqualTo("nothing");
    }

    @Test
    void allBecomesOneRun() {
        CompactionPlan plan = picker.pickAll(picture.version("L0 a#9 a#8\nL2 a-z#1"));

        assertThat(plan).hasToString("ALL: L0 a#9 a#8 + L2 a-z#1 -> L2 #9 drop");
        assertThat(picker.pickAll(picture.version("L0 a#9 a#8")))
                .hasToString("ALL: L0 a#9 a#8 -> L0 #9 drop");
        assertThat(picker.pickAll(Version.EMPTY)).isNull();
    }

    private String pick(String text) {
        CompactionPlan plan = picker.pick(picture.version(text));
        return plan == null ? "nothing" : plan.toString();
    }
}
