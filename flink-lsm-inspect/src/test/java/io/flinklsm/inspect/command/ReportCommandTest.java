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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flinklsm.inspect.report.ReportPage;
import io.flinklsm.inspect.testing.Browser;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page is looked at in a browser, where there is one. */
final class ReportCommandTest {

    private static final String EVIL =
            "</script><img src=x onerror=window.hacked=1>{a|b}<!--\u202e\u001b[31m";

    @TempDir static Path root;
    @TempDir Path work;

    private static SampleCheckpoint sample;

    @BeforeAll
    static void takeTwoCheckpoints() throws Exception {
        sample = new SampleCheckpoint(root).operatorName(EVIL);
        sample.write(300, 0).take(1);
        for (int round = 1; round < 40; round++) {
            sample.write(EVIL, 7, round);
        }
        sample.take(2);
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    private Path report(String location) throws Exception {
        Path page = work.resolve("report.html");
        Run run = Run.of("report", "--force", "-o", page.toString(), location);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("wrote " + page);
        return page;
    }

    private static JsonNode data(Path page) throws Exception {
        return new ObjectMapper().readTree(dataText(Files.readString(page)));
    }

    private static String dataText(String page) {
        String start = "<script type=\"application/json\" id=\"data\">";
        int from = page.indexOf(start) + start.length();
        return page.substring(from, page.indexOf("</script>", from));
    }

    @Test
    void thePageHasTheFiguresOfAllStates() throws Exception {
        JsonNode data = data(report(sample.last().toString()));

        assertThat(data.path("states")).hasSize(4);
        assertThat(data.path("growth")).hasSize(2);
        assertThat(data.path("growth").path(1).path("name").asText()).isEqualTo("chk-2");
        JsonNode largest = data.path("keys").path(0);
        assertThat(largest.path("key").asText()).isEqualTo(EVIL);
        assertThat(largest.path("entries").asInt()).isGreaterThanOrEqualTo(40);
        long files = 0;
        for (JsonNode file : data.path("files")) {
            files += file.path("bytes").asLong();
            assertThat(file.path("to").asDouble())
                    .isGreaterThanOrEqualTo(file.path("from").asDouble());
        }
        assertThat(files).isEqualTo(data.path("fileBytes").asLong());
    }

    @Test
    void ofADirectoryOfCheckpointsItIsAboutTheNewest() throws Exception {
        JsonNode data = data(report(sample.jobDirectory().toString()));

        assertThat(data.path("id").asInt()).isEqualTo(2);
        assertThat(data.path("growth")).hasSize(2);
    }

    @Test
    void namesThatMeanHarmDoNotLeaveTheirElement() throws Exception {
        String page = Files.readString(report(sample.last().toString()));

        assertThat(dataText(page)).contains("onerror=window").doesNotContain("<", ">", "&");
        assertThat(page.split("</script>", -1)).hasSize(4);
        assertThat(page)
                .contains("default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:;")
                .doesNotContain("unsafe-inline", "unsafe-eval", "http-equiv=\"refresh\"");
    }

    @Test
    void aBrowserShowsItSortsAndFiltersWithoutAComplaint() throws Exception {
        assumeTrue(Browser.isInstalled(), "no Chromium here");
        Path page = report(sample.last().toString());
        try (Browser browser = Browser.start()) {
            browser.open(page);

            assertThat(browser.evaluate("document.documentElement.dataset.ready"))
                    .isEqualTo("true");
            assertThat(browser.evaluate("document.querySelectorAll('canvas').length"))
                    .isEqualTo("5");
            assertThat(browser.evaluate("String(window.hacked)")).isEqualTo("undefined");
            assertThat(
                            browser.evaluate(
                                    "document.querySelector('#keys td:nth-child(4)').textContent"))
                    .startsWith(
                            "</script><img src=x onerror=window.hacked=1>{a|b}<!--\\u202e\\u001b");
            // A click sorts, a second one the other way round; the filter leaves what fits.
            String first = "document.querySelector('#files tbody tr td:nth-child(8)').textContent";
            String click =
                    "[...document.querySelectorAll('#files th button')]"
                            + ".find(button => button.textContent === 'size').click()";
            browser.evaluate(click);
            String largest = browser.evaluate(first);
            browser.evaluate(click);
            assertThat(browser.evaluate(first)).isNotEqualTo(largest);
            assertThat(
                            browser.evaluate(
                                    "document.querySelector('#files th[aria-sort=ascending]')"
                                            + ".textContent"))
                    .isEqualTo("size");
            browser.evaluate(
                    "(() => { const field = document.querySelector('#keys input'); field.value ="
                            + " 'K250'; field.dispatchEvent(new Event('input')); })()");
            assertThat(
                            browser.evaluate(
                                    "[...document.querySelectorAll('#keys tbody td:nth-child(4)')]"
                                            + ".every(cell => cell.textContent.includes('k250'))"))
                    .isEqualTo("true");
            browser.evaluate(
                    "(() => { const field = document.getElementById('state'); field.value = '0';"
                            + " field.dispatchEvent(new Event('change')); })()");
            assertThat(browser.problems()).isEmpty();
        }
    }

    @Test
    void tenThousandSstablesAreNoProblem() throws Exception {
        assumeTrue(Browser.isInstalled(), "no Chromium here");
        ObjectNode data = (ObjectNode) data(report(sample.last().toString()));
        ArrayNode files = (ArrayNode) data.path("files");
        ObjectNode one = (ObjectNode) files.get(0);
        for (int i = 0; i < 10_000; i++) {
            files.add(
                    one.deepCopy()
                            .put("level", 1 + i % 3)
                            .put("from", i % 128)
                            .put("to", i % 128 + 1));
        }
        Path page = work.resolve("large.html");
        Files.writeString(
                page,
                ReportPage.of(
                        json -> {
                            json.setCodec(new ObjectMapper());
                            for (Map.Entry<String, JsonNode> field : data.properties()) {
                                json.writeObjectField(field.getKey(), field.getValue());
                            }
                        }));
        try (Browser browser = Browser.start()) {
            browser.open(page);

            assertThat(browser.evaluate("document.documentElement.dataset.ready"))
                    .isEqualTo("true");
            assertThat(browser.evaluate("document.querySelectorAll('#files tbody tr').length"))
                    .isEqualTo("100");
            assertThat(
                            browser.evaluate(
                                    "document.querySelector('#files [role=status]').textContent"))
                    .startsWith("100 of 10,0");
            browser.evaluate("document.querySelector('#files .more').click()");
            assertThat(browser.evaluate("document.querySelectorAll('#files tbody tr').length"))
                    .isEqualTo("600");
            assertThat(browser.problems()).isEmpty();
        }
    }

    @Test
    void aFileThatExistsStaysAndWhatIsMissingIsTold() throws Exception {
        Path page = Files.writeString(work.resolve("mine.html"), "mine");

        Run exists = Run.of("report", "-o", page.toString(), sample.last().toString());
        Run missing = Run.of("report", "-o", work.resolve("r").toString(), work + "/nowhere");
        Run nothing = Run.of("report", sample.last().toString());

        assertThat(exists.exitCode()).isEqualTo(2);
        assertThat(exists.err()).contains("exists; give another name, or --force");
        assertThat(page).hasContent("mine");
        assertThat(missing.exitCode()).isEqualTo(3);
        assertThat(nothing.exitCode()).isEqualTo(2);
        assertThat(nothing.err()).contains("--output");
        assertThat(work.resolve("r")).doesNotExist();
    }
}
