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

import java.time.LocalDate;

/**
 * A route was closed: a whole day has passed without a flight. It opens again with its next flight.
 *
 * @param route such as {@code ATL-SAV}
 * @param lastDay the day of its last flight before
 */
public record QuietRoute(String route, LocalDate lastDay) {

    static final String KIND = "quiet";

    String toLine() {
        return ResultLine.join(KIND, route, lastDay);
    }

    static QuietRoute parse(ResultLine line) {
        return new QuietRoute(line.text(1), LocalDate.parse(line.text(2)));
    }
}
