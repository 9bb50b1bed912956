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

class LeveledPickerTest {

    // Level 1 may hold 1000 bytes, level 2 ten times that; files aim at 200.
    private final CompactionPicker picker =
            new LeveledPicker(new CompactionOptions(3, 200, 1000, 10));
    private final LsmPicture picture = new LsmPicture();

    @AfterEach
    void close() {
        picture.close();
    }

    @Test
    void nothingIsDueBelowTheTriggers() {
        assertThat(pick("")).isEqualTo("nothing");
        assertThat(pick("L0 a-z#9 a-z#8\nL1 a-z#1:size=1000")).isEqualTo("nothing");
    }

    @Test
    void level0GoesDownWholeWithWhatItOverlaps() {
        assertThat(
                        pick(
                                """
                                L0 d-f#9 e-k#8 b-c#7
                                L1 a#1 b-e#1 g-h#1 m-z#1
                                """))
                .isEqualTo("LEVEL_0: L0 d-f#9 e-k#8 b-c#7 + L1 b-e#1 g-h#1 -> L1 #9 drop");
    }

    @Test
    void tombstonesStayWhereDeeperLevelsMayHideSomething() {
        assertThat(pick("L0 d-f#9 e-k#8 b-c#7\nL2 e-g#1")).endsWith("-> L1 #9 keep");
        assertThat(pick("L0 d-f#9 e-k#8 b-c#7\nL2 l-z#1")).endsWith("-> L1 #9 drop");
    }

    @Test
    void disjointLevel0FilesOfSomeSizeAreMoved() {
        assertThat(pick("L0 a-b#9 c-d#8 e-f#7\nL1 x-z#1"))
                .isEqualTo("LEVEL_0: L0 a-b#9 c-d#8 e-f#7 -> L1 move");
    }

    @Test
    void smallLevel0FilesAreMergedRatherThanMoved() {
        assertThat(pick("L0 a-b#9:size=9 c-d#8:size=9 e-f#7:size=9"))
                .isEqualTo("LEVEL_0: L0 a-b#9 c-d#8 e-f#7 -> L1 #9 drop");
    }

    @Test
    void runsAlikeAreMergedWithinLevel0WhileLevel1HasMuchMoreToAdd() {
        String three = "L0 a-z#9:size=50 a-z#8:size=50 a-z#7:size=50";
        assertThat(pick(three + "\nL1 a-z#1:size=601"))
                .isEqualTo("RUNS: L0 a-z#9 a-z#8 a-z#7 -> L0 #9 keep");
        assertThat(pick(three + " a-z#6:size=150\nL1 a-z#1:size=901"))
                .isEqualTo("RUNS: L0 a-z#9 a-z#8 a-z#7 -> L0 #9 keep");
    }

    @Test
    void runsWaitForTheirWayDownWhereItIsNear() {
        String four = "L0 a-z#9 a-z#8 a-z#7 a-z#6";
        assertThat(pick(four + "\nL1 a-z#1:size=1000")).isEqualTo("nothing");
        assertThat(pick(four + " a-z#5\nL1 a-z#1:size=1000"))
                .isEqualTo("LEVEL_0: L0 a-z#9 a-z#8 a-z#7 a-z#6 a-z#5 + L1 a-z#1 -> L1 #9 drop");
    }

    @Test
    void newRunsWaitBehindOlderOnesOnTheirWayDownUntilTheyAreTooMany() {
        CompactionSlots slots = new CompactionSlots();
        String older = "a-z#3 a-z#2 a-z#1\nL1 a-z#0";
        slots.begin(picker.pick(picture.version("L0 " + older), slots));
        String eight = "a-z#11 a-z#10 a-z#9 a-z#8 a-z#7 a-z#6 a-z#5 a-z#4 ";

        assertThat(picker.pick(picture.version("L0 " + eight + older), slots)).isNull();
        assertThat(picker.pick(picture.version("L0 a-z#12 " + eight + older), slots))
                .hasToString(
                        "RUNS: L0 a-z#12 a-z#11 a-z#10 a-z#9 a-z#8 a-z#7 a-z#6 a-z#5 a-z#4"
                                + " -> L0 #12 keep");
    }

    @Test
    void largeOldRunWaitsUntilRunsAreTooMany() {
        String runs = "a-z#9:size=50 a-z#8:size=50 a-z#7:size=250";
        assertThat(pick("L0 " + runs + "\nL1 a-z#1:size=1000")).isEqualTo("nothing");
        assertThat(
                        pick(
                                "L0 a-z#9:size=10 a-z#8:size=50 a-z#7:size=10 a-z#6:size=50"
                                        + " a-z#5:size=10 a-z#4:size=50\nL1 a-z#1:size=1000"))
                .isEqualTo("RUNS: L0 a-z#9 a-z#8 a-z#7 a-z#6 a-z#5 -> L0 #9 keep");
    }

    @Test
    void newRunsAreMergedWhileOlderOnesGoDown() {
        CompactionSlots slots = new CompactionSlots();
        String older = "a-z#3 a-z#2 a-z#1\nL1 a-z#0:size=600";
        slots.begin(picker.pick(picture.version("L0 " + older), slots));

        Version later = picture.version("L0 a-z#6:size=40 a-z#5:size=40 a-z#4:size=40 " + older);

        assertThat(picker.pick(later, slots))
                .hasToString("RUNS: L0 a-z#6 a-z#5 a-z#4 -> L0 #6 keep");
    }

    @Test
    void oldRunsGoDownWhileNewerOnesAreMerged() {
        CompactionSlots slots = new CompactionSlots();
        String newer = "L0 a-z#6:size=60 a-z#5:size=60 a-z#4:size=60";
        slots.begin(picker.pick(picture.version(newer + "\nL1 a-z#0:size=900"), slots));

        Version restored = picture.version(newer + " a-z#3 a-z#2 a-z#1\nL1 a-z#0:size=600");

        assertThat(picker.pick(restored, slots))
                .hasToString("LEVEL_0: L0 a-z#3 a-z#2 a-z#1 + L1 a-z#0 -> L1 #3 drop");
    }

    @Test
    void fullLevelSpillsTheSstableThatOverlapsLeast() {
        assertThat(
                        pick(
                                """
                                L1 a-c#5:size=400 d-f#4:size=400 g-i#3:size=400
                                L2 a-b#1:size=900 e#1:size=100 g-z#1:size=900
                                """))
                .isEqualTo("LEVEL_SIZE: L1 d-f#4 + L2 e#1 -> L2 #4 drop");
    }

    @Test
    void sstableWithNothingBelowIsMoved() {
        assertThat(
                        pick(
                                """
                                L1 a-c#5:size=600 d-f#4:size=600
                                L2 a-b#1:size=900
                                """))
                .isEqualTo("LEVEL_SIZE: L1 d-f#4 -> L2 move");
    }

    @Test
    void clippedSstableIsRewrittenRatherThanMoved() {
        assertThat(pick("L1 a-c#5:size=1200:clip=a..b\nL2 x-z#1"))
                .isEqualTo("LEVEL_SIZE: L1 a-c#5 -> L2 #5 drop");
    }

    @Test
    void tombstonesAtTheBottomAreDroppedRatherThanMoved() {
        assertThat(pick("L1 a-c#5:size=1200:dels=1\nL2 x-z#1"))
                .isEqualTo("LEVEL_SIZE: L1 a-c#5 -> L2 #5 drop");
        assertThat(pick("L1 a-c#5:size=1200:dels=1\nL2 x-z#1\nL3 b#1"))
                .isEqualTo("LEVEL_SIZE: L1 a-c#5 -> L2 move");
    }

    @Test
    void highestScoreGoesFirst() {
        assertThat(pick("L0 a-z#9 a-z#8 a-z#7\nL1 a-z#1:size=5000")).startsWith("LEVEL_SIZE: L1");
        assertThat(pick("L0 a-z#9 a-z#8 a-z#7\nL1 a-z#1:size=600")).startsWith("LEVEL_0:");
    }

    @Test
    void deepestLevelHoldsAnything() {
        assertThat(pick("L6 a-z#1:size=999999999999")).isEqualTo("nothing");
    }

    @Test
    void bottomSstableOfMostlyTombstonesIsRewritten() {
        assertThat(pick("L1 a-c#5\nL2 a-b#1:dels=51 c-e#1:dels=50"))
                .isEqualTo("TOMBSTONES: L2 a-b#1 -> L2 #1 drop");
        assertThat(pick("L1 a-c#5:dels=99\nL2 a-b#1")).isEqualTo("nothing");
    }

    @Test
    void planThatIsInTheWayOfAnotherWaits() {
        Version version =
                picture.version(
                        """
                        L1 a-c#5:size=600 d-f#4:size=600
                        L2 a-d#1:size=600
                        """);
        CompactionSlots slots = new CompactionSlots();
        CompactionPlan first = picker.pick(version, slots);
        assertThat(first).hasToString("LEVEL_SIZE: L1 d-f#4 + L2 a-d#1 -> L2 #4 drop");
        slots.begin(first);

        assertThat(picker.pick(version, slots)).isNull();

        slots.end(first);
        assertThat(picker.pick(version, slots)).hasToString(first.toString());
    }

    @Test
    void plansOfDisjointKeysRunSideBySide() {
        Version version =
                picture.version(
                        """
                        L1 a-c#5:size=900 d-f#4:size=900
                        L2 a-b#1:size=600 e-g#1:size=700
                        """);
        CompactionSlots slots = new CompactionSlots();
        slots.begin(picker.pick(version, slots));

        assertThat(picker.pick(version, slots))
                .hasToString("LEVEL_SIZE: L1 d-f#4 + L2 e-g#1 -> L2 #4 drop");
        assertThat(slots.running()).isEqualTo(1);
    }

    @Test
    void allBecomesOneRunAtTheDeepestLevel() {
        assertThat(pickAll("L0 a-b#9\nL1 c#5\nL3 a-z#1"))
                .isEqualTo("ALL: L0 a-b#9 + L1 c#5 + L3 a-z#1 -> L3 #9 drop");
        assertThat(pickAll("L0 a-b#9 a-b#8")).isEqualTo("ALL: L0 a-b#9 a-b#8 -> L1 #9 drop");
        assertThat(pickAll("")).isEqualTo("nothing");
    }

    @Test
    void debtIsWhatIsAboveTheTargets() {
        assertThat(picker.debtBytes(picture.version("L0 a#9 a#8\nL1 a-z#1:size=900"))).isZero();
        assertThat(picker.debtBytes(picture.version("L0 a#9 a#8 a#7\nL1 a-z#1:size=1200")))
                .isEqualTo(300 + 200);
    }

    private String pick(String text) {
        CompactionPlan plan = picker.pick(picture.version(text));
        return plan == null ? "nothing" : plan.toString();
    }

    private String pickAll(String text) {
        CompactionPlan plan = picker.pickAll(picture.version(text));
        return plan == null ? "nothing" : plan.toString();
    }
}
