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

import org.apache.flink.api.connector.source.SourceSplit;

/**
 * A partition of the log and how far it has been read.
 *
 * @param partition from 0
 * @param position in the whole log: all flights of the partition before it have been emitted
 */
public record FlightSplit(int partition, long position) implements SourceSplit {

    @Override
    public String splitId() {
        return "partition-" + partition;
    }
}
