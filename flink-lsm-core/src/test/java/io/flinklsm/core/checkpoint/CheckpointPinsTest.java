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
package io.flinklsm.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.version.ObsoleteFiles;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointPinsTest {

    private final ObsoleteFiles obsolete = new ObsoleteFiles();
    private final CheckpointPins pins = new CheckpointPins(obsolete);
    private final List<SstableMeta> files = LsmPicture.metas("L0 a#2 b#1");

    @Test
    void filesStayUntilTheLastOwnerLetsThemGo() {
        pins.pin("checkpoint 1", files);
        pins.pin("checkpoint 2", files.subList(0, 1));

        pins.release("checkpoint 1");
        assertThat(obsolete.takeDeletable()).containsExactly("b#1");

        pins.release("checkpoint 2");
        assertThat(obsolete.takeDeletable()).containsExactly("a#2");
        assertThat(pins.owners()).isEmpty();
    }

    @Test
    void releasingTwiceReleasesOnce() {
        pins.pin("checkpoint 1", files);
        pins.pin("checkpoint 2", files);

        pins.release("checkpoint 1");
        pins.release("checkpoint 1");

        assertThat(obsolete.hasDeletable()).isFalse();
    }

    @Test
    void ownerPinsOnce() {
        pins.pin("checkpoint 1", files);

        assertThatThrownBy(() -> pins.pin("checkpoint 1", files))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[checkpoint 1]");
    }
}
