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
package io.flinklsm.examples.flights.input;

import io.flinklsm.examples.flights.Flight;
import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads flights in the order of the log. For one thread; the opener closes it. */
public interface FlightCursor extends Closeable {

    /**
     * The next flight, or null at the end of the log.
     *
     * @throws FlightInputException if the input is damaged or not in event-time order
     */
    @Nullable Flight next() throws IOException;
}
