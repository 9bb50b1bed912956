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

import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.version.Version;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompactionSlotsTest {

    private static final CompactionOptions OPTIONS = new CompactionOptions(4, 200, 1000, 10);

    private final LsmPicture picture = new LsmPicture();
    private final CompactionSlots slots = new CompactionSlots();

    @AfterEach
    void close() {
        picture.close();
    }

    @Test
    void outputsThatCouldOverlapInALevelExcludeEachOther() {
        // The first writes one file from a to z into level 1, around the key of the second.
        slots.begin(plan("L0 a-c#5 x-z#4", 1));

        assertThat(slots.admits(plan("L0 m#6", 1))).isFalse();
    }

    @Test
    void plansOfOtherKeysOrOtherLevelsRunTogether() {
        slots.begin(plan("L1 c-g#5", 2));

        assertThat(slots.admits(plan("L1 h-k#4", 2))).isTrue();
        assertThat(slots.admits(plan("L3 c-g#2", 4))).isTrue();
        assertThat(slots.admits(plan("L2 c#3", 3))).isFalse();
        assertThat(slots.admits(plan("L0 g#8", 1))).isFalse();
    }

    @Test
    void runsOfLevel0AreMergedBesideOlderOnesThatGoDown() {
        slots.begin(plan("L0 a-g#5 b-c#4\nL1 a-z#1", 1));

        assertThat(slots.admits(plan("L0 a-c#8 c-d#7", 0))).isTrue();
        // Down past what is on its way down, or older than it.
        assertThat(slots.admits(plan("L0 a-c#8 c-d#7", 1))).isFalse();
        assertThat(slots.admits(plan("L0 a-c#3 c-d#2", 0))).isFalse();
    }

    @Test
    void oldRunsGoDownBesideNewerOnesThatAreMerged() {
        slots.begin(plan("L0 a-g#5 b-c#4", 0));

        assertThat(slots.admits(plan("L0 a-c#3 c-d#2\nL1 a-z#1", 1))).isTrue();
        assertThat(slots.admits(plan("L0 a-c#8 c-d#7\nL1 a-z#1", 1))).isFalse();
        assertThat(slots.admits(plan("L0 a-c#8 c-d#7", 0))).isTrue();
        assertThat(slots.admits(plan("L0 a-c#3 c-d#2", 0))).isTrue();
    }

    @Test
    void sharedInputExcludes() {
        slots.begin(plan("L1 c-g#5", 2));

        assertThat(slots.admits(plan("L1 c-g#5", 2))).isFalse();
    }

    @Test
    void endedPlanMakesRoom() {
        CompactionPlan plan = plan("L1 c-g#5", 2);
        slots.begin(plan);
        assertThatThrownBy(() -> slots.begin(plan)).isInstanceOf(IllegalStateException.class);

        slots.end(plan);

        assertThat(slots.running()).isZero();
        assertThat(slots.admits(plan)).isTrue();
        assertThatThrownBy(() -> slots.end(plan)).isInstanceOf(IllegalStateException.class);
    }

    private CompactionPlan plan(String inputs, int outputLevel) {
        Version version = picture.version(inputs);
        return CompactionPlan.of(
                CompactionPlan.Reason.ALL, version, version.runs(), outputLevel, OPTIONS);
    }
}
