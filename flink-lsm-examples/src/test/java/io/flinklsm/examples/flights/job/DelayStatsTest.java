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
package io.flinklsm.examples.flights.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.examples.flights.Flight;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.typeutils.PojoTypeInfo;
import org.junit.jupiter.api.Test;

final class DelayStatsTest {

    @Test
    void countsMeansAndPercentsComeFromTheDelays() {
        DelayStats stats = DelayStats.NONE.plus(-10).plus(15).plus(14).plus(101);

        assertThat(stats).isEqualTo(new DelayStats(4, 120, 101, 2));
        assertThat(stats.meanMinutes()).isEqualTo(30.0);
        assertThat(stats.latePercent()).isEqualTo(50.0);
    }

    @Test
    void onlyEarlyFlightsHaveANegativeMaximum() {
        assertThat(DelayStats.NONE.plus(-10).plus(-3).maxMinutes()).isEqualTo(-3);
    }

    @Test
    void withoutFlightsMeanAndPercentAreZero() {
        assertThat(DelayStats.NONE.meanMinutes()).isZero();
        assertThat(DelayStats.NONE.latePercent()).isZero();
    }

    @Test
    void mergingEqualsAddingOneByOne() {
        var aggregate = new DelayStats.Aggregate();

        DelayStats merged =
                aggregate.merge(DelayStats.NONE.plus(3).plus(40), DelayStats.NONE.plus(-5));

        assertThat(merged).isEqualTo(DelayStats.NONE.plus(3).plus(40).plus(-5));
        assertThat(aggregate.merge(merged, aggregate.createAccumulator())).isEqualTo(merged);
    }

    @Test
    void flinkSerialisesTheRecordsFieldByField() {
        assertThat(TypeInformation.of(DelayStats.class)).isInstanceOf(PojoTypeInfo.class);
        assertThat(TypeInformation.of(Flight.class)).isInstanceOf(PojoTypeInfo.class);
    }
}
