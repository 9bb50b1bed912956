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
package io.flinklsm.core.parquet.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CompressionTrialTest {

    private static final int PLAIN_BYTES = 1000;

    private final CompressionTrial trial = new CompressionTrial(4);

    @Test
    void pagesThatSaveAQuarterAreAllTriedAndStoredCompressed() {
        for (int page = 0; page < 100; page++) {
            assertThat(trial.isDue()).isTrue();
            assertThat(trial.pays(PLAIN_BYTES, 750)).isTrue();
        }
    }

    @Test
    void pagesThatSaveLessAreStoredAsTheyAre() {
        assertThat(trial.pays(PLAIN_BYTES, 751)).isFalse();
    }

    @Test
    void aPageThatWouldBecomeNoShorterNeverPays() {
        assertThat(new CompressionTrial(Integer.MAX_VALUE).pays(0, 0)).isFalse();
        assertThat(trial.pays(PLAIN_BYTES, PLAIN_BYTES + 10)).isFalse();
    }

    @Test
    void moreAndMorePagesAreNotTriedAfterOnesThatDoNotPay() {
        for (int untried : new int[] {1, 3, 7, 15, 31, 31, 31}) {
            assertThat(trial.isDue()).isTrue();
            assertThat(trial.pays(PLAIN_BYTES, 900)).isFalse();
            assertThat(untriedPages()).isEqualTo(untried);
        }
    }

    @Test
    void aPageThatPaysEndsTheWaiting() {
        for (int i = 0; i < 5; i++) {
            trial.pays(PLAIN_BYTES, 900);
            untriedPages();
        }

        assertThat(trial.pays(PLAIN_BYTES, 500)).isTrue();
        assertThat(trial.isDue()).isTrue();
        assertThat(trial.pays(PLAIN_BYTES, 900)).isFalse();
        assertThat(untriedPages()).isEqualTo(1);
    }

    /** How many pages are passed over before the next one is due, which is then asked for. */
    private int untriedPages() {
        int count = 0;
        while (!trial.isDue()) {
            count++;
        }
        return count;
    }
}
