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
package io.flinklsm.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/architecture.md says that a path costs is what docs/benchmarks.md measured. */
final class PricesInPagesTest {

    /** The last cell of a row: the name of a row of the other page, and one of its figures. */
    private static final Pattern MEASURED = Pattern.compile("\\| `([^`]+)`: ([0-9.,]+) \\|$");

    @Test
    void everyPriceIsMeasured() throws IOException {
        List<String> measured = lines("../docs/benchmarks.md");
        List<String> unknown = new ArrayList<>();
        int prices = 0;
        for (String line : lines("../docs/architecture.md")) {
            Matcher price = MEASURED.matcher(line);
            if (price.find()) {
                prices++;
                String name = "| " + price.group(1) + " |";
                String figure = "| " + price.group(2) + " |";
                if (measured.stream()
                        .noneMatch(row -> row.startsWith(name) && row.contains(figure))) {
                    unknown.add(line);
                }
            }
        }

        assertThat(prices).isGreaterThan(15);
        assertThat(unknown)
                .as("prices whose row or figure is not in docs/benchmarks.md: take them from there")
                .isEmpty();
    }

    private static List<String> lines(String page) throws IOException {
        return Files.readAllLines(Path.of(page), StandardCharsets.UTF_8);
    }
}
