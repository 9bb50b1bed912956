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
package io.flinklsm.inspect.merge;

import java.time.Instant;

/** The times of timers for people: what jobs mean by "never" has a name. */
public final class TimerText {

    /** Years of more than four digits are no times that a job means. */
    private static final long YEAR_10000_MILLIS = 253_402_300_800_000L;

    /** How far from an end of the numbers one is still told by it. */
    private static final long NEAR = 1000;

    private TimerText() {}

    /** Like {@code 2026-11-23T01:00:00Z}; {@code Long.MAX_VALUE - 1}; else the number. */
    public static String of(long millis) {
        if (millis >= Long.MAX_VALUE - NEAR) {
            return named("Long.MAX_VALUE", " - ", Long.MAX_VALUE - millis);
        }
        if (millis <= Long.MIN_VALUE + NEAR) {
            return named("Long.MIN_VALUE", " + ", millis - Long.MIN_VALUE);
        }
        return Math.abs(millis) < YEAR_10000_MILLIS && millis > -YEAR_10000_MILLIS / 5
                ? Instant.ofEpochMilli(millis).toString()
                : Long.toString(millis);
    }

    private static String named(String end, String sign, long distance) {
        return distance == 0 ? end : end + sign + distance;
    }
}
