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
package io.flinklsm.examples.flights.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class FlightSplitSerializerTest {

    private static final FlightSplit SPLIT = new FlightSplit(3, 1L << 40);

    private final FlightSplitSerializer splits = new FlightSplitSerializer();
    private final FlightSplitSerializer.OfList lists = new FlightSplitSerializer.OfList();

    @Test
    void aSplitComesBack() throws Exception {
        assertThat(splits.deserialize(splits.getVersion(), splits.serialize(SPLIT)))
                .isEqualTo(SPLIT);
    }

    @Test
    void aListComesBackAlsoWhenItIsEmpty() throws Exception {
        List<FlightSplit> two = List.of(SPLIT, new FlightSplit(0, 0));

        assertThat(lists.deserialize(1, lists.serialize(two))).isEqualTo(two);
        assertThat(lists.deserialize(1, lists.serialize(List.of()))).isEmpty();
    }

    @Test
    void anUnknownVersionIsRefused() {
        assertThatThrownBy(() -> splits.deserialize(2, splits.serialize(SPLIT)))
                .hasMessageContaining("found=2, known=1");
    }

    @Test
    void cutOffBytesAreRefused() {
        assertThatThrownBy(() -> splits.deserialize(1, new byte[5]))
                .hasMessageContaining("is cut off: bytes=5");
    }

    @Test
    void everyRouteIsInOnePartition() {
        var replay = Replay.unlimited(4);

        assertThat(replay.partitionOf("ATL-SAV"))
                .isEqualTo(replay.partitionOf("ATL-SAV"))
                .isBetween(0, 3);
    }
}
