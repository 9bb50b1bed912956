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

import java.io.IOException;

/**
 * An input that cannot be read as flights; the message names the file, the facts and what to do.
 */
public final class FlightInputException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * @param file as the user named it
     * @param what what is wrong, with its facts as name=value
     * @param remedy what the user can do
     */
    public FlightInputException(String file, String what, String remedy) {
        super(message(file, what, remedy));
    }

    public FlightInputException(String file, String what, String remedy, Throwable cause) {
        super(message(file, what, remedy), cause);
    }

    private static String message(String file, String what, String remedy) {
        return "[" + file + "] " + what + "; " + remedy + ".";
    }
}
