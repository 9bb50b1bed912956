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
package io.flinklsm.inspect.print;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Sizes, counts and times for people. JSON gets plain numbers instead. */
public final class Units {

    private static final String[] SIZES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Units() {}

    /** Like {@code 4.2 MiB}; {@code -} for an unknown (negative) size. */
    public static String bytes(long bytes) {
        if (bytes < 0) {
            return "-";
        }
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < SIZES.length - 1) {
            value /= 1024;
            unit++;
        }
        String digits = unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s";
        return String.format(Locale.ROOT, digits, value, SIZES[unit]);
    }

    /** Like {@code 1,234,567}; {@code -} for an unknown (negative) count. */
    public static String count(long count) {
        return count < 0 ? "-" : String.format(Locale.ROOT, "%,d", count);
    }

    /** ISO-8601 in UTC, to the second; {@code -} if unknown (negative). */
    public static String time(long millis) {
        return millis < 0
                ? "-"
                : Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Like {@code 3m ago}. */
    public static String age(long millis, long nowMillis) {
        if (millis < 0) {
            return "-";
        }
        return millis > nowMillis
                ? "in the future"
                : duration(Duration.ofMillis(nowMillis - millis)) + " ago";
    }

    /** The largest unit alone: {@code 59s}, {@code 3m}, {@code 2h}, {@code 12d}. */
    public static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m";
        }
        return seconds < 86_400 * 2 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
    }
}
