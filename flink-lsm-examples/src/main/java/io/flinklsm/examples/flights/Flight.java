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
package io.flinklsm.examples.flights;

/**
 * One flight of the log, as all operators of the job see it. Flink serialises it as a POJO.
 *
 * @param position place in the log from 0; orders flights of the same minute
 * @param departureMillis event time: local date and time of the flight as if it were UTC
 * @param delayMinutes negative when early
 * @param distanceMiles of the route
 * @param origin IATA airport code
 * @param destination IATA airport code
 */
public record Flight(
        long position,
        long departureMillis,
        int delayMinutes,
        int distanceMiles,
        String origin,
        String destination) {

    /** The key of the route's state, such as {@code ATL-SAV}. */
    public String route() {
        return origin + "-" + destination;
    }
}
