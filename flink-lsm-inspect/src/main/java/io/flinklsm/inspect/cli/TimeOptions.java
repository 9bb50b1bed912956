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
package io.flinklsm.inspect.cli;

import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** From which time ages are told, and how long entries live. Filled by picocli. */
public final class TimeOptions {

    private static final Pattern DURATION =
            Pattern.compile("(?:(.*)=)?([0-9]{1,9})(ms|s|m|min|h|d)", Pattern.DOTALL);

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description =
                    "The time that ages are told from, like 2026-11-23T01:00:00Z, or now; that of"
                            + " the checkpoint if not given.")
    @Nullable String at;

    @Option(
            names = "--ttl",
            paramLabel = "[STATE=]DURATION",
            description =
                    "How long entries live, like 7d, 12h or count=30m; a checkpoint does not say."
                            + " May be given for several states.")
    List<String> ttl = new ArrayList<>();

    /**
     * Milliseconds since the epoch.
     *
     * @throws InspectException if what was typed is no time
     */
    public long atMillis(Checkpoint checkpoint, long nowMillis) {
        String text = at;
        if (text == null) {
            return checkpoint.createdMillis() < 0 ? nowMillis : checkpoint.createdMillis();
        }
        if (text.equals("now")) {
            return nowMillis;
        }
        try {
            return text.length() == "2026-11-23".length()
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli()
                    : Instant.parse(text).toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw InspectException.usage(
                    "--at takes a time in UTC like 2026-11-23T01:00:00Z, a date or now: given="
                            + text
                            + ".");
        }
    }

    /**
     * Milliseconds by the name of the state; under the empty name for all others.
     *
     * @throws InspectException if what was typed is no duration, or no state has the name
     */
    public Map<String, Long> ttlMillis(Checkpoint checkpoint) {
        Map<String, Long> millis = new HashMap<>();
        for (String text : ttl) {
            Matcher matcher = DURATION.matcher(text);
            if (!matcher.matches()) {
                throw InspectException.usage(
                        "--ttl takes a number and ms, s, m, h or d, like 7d or count=7d: given="
                                + text
                                + ".");
            }
            String state = matcher.group(1) == null ? "" : matcher.group(1);
            if (!state.isEmpty()) {
                StateSelection.of(checkpoint, null, state);
            }
            long number = Long.parseLong(matcher.group(2));
            Duration duration =
                    switch (matcher.group(3)) {
                        case "ms" -> Duration.ofMillis(number);
                        case "s" -> Duration.ofSeconds(number);
                        case "h" -> Duration.ofHours(number);
                        case "d" -> Duration.ofDays(number);
                        default -> Duration.ofMinutes(number);
                    };
            millis.put(state, duration.toMillis());
        }
        return millis;
    }
}
