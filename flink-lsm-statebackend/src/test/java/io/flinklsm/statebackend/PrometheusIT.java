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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.YamlParserUtils;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.metrics.prometheus.PrometheusReporterFactory;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The dashboard and the alerts of docs/ops ask for metrics that Flink's Prometheus reporter has.
 */
@Timeout(180)
final class PrometheusIT {

    private static final Path DASHBOARD = Path.of("../docs/ops/dashboard.json");
    private static final Path ALERTS = Path.of("../docs/ops/alerts.yml");
    private static final Pattern METRIC = Pattern.compile("flink_[A-Za-z_]+");
    private static final Pattern LABEL = Pattern.compile("([a-z_A-Z]+)=~?\"|by \\(([^)]*)\\)");
    private static final Pattern OF_US = Pattern.compile("flink_\\w+_lsm_\\w+");

    private static final int PORT = freePort();

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(1)
                            .setConfiguration(reporting())
                            .build());

    @TempDir Path root;

    @Test
    void everyExpressionAsksForWhatIsReported() throws Exception {
        Configuration config = new Configuration();
        config.set(
                StateBackendOptions.STATE_BACKEND,
                "io.flinklsm.statebackend.LsmStateBackendFactory");
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, root.toUri().toString());
        config.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(100));
        config.set(LsmBackendOptions.METRICS, "state");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
        env.setParallelism(1);
        env.fromSequence(0, Long.MAX_VALUE)
                .keyBy(number -> number % 1000)
                .reduce(Long::sum)
                .sinkTo(new DiscardingSink<>());
        JobClient job = env.executeAsync();
        try {
            String page = scrape();
            while (!page.contains("_lsm_state_sstables{")) {
                page = scrape();
            }

            Set<String> reported = all(METRIC, page);
            Set<String> asked = all(METRIC, Files.readString(DASHBOARD));
            asked.addAll(all(METRIC, Files.readString(ALERTS)));
            assertThat(asked).hasSizeGreaterThan(30);
            assertThat(reported).containsAll(asked);
            // Each of ours has the labels that the expressions select and group by.
            String line =
                    page.lines()
                            .filter(each -> each.contains("_lsm_waitsFor_writesStoppedMillis{"))
                            .findFirst()
                            .orElseThrow();
            assertThat(line)
                    .contains("job_name=\"")
                    .contains("operator_name=\"")
                    .contains("subtask_index=\"")
                    .contains("tm_id=\"")
                    .contains("waitsFor=\"");
            assertThat(page)
                    .contains("_lsm_level_bytes{")
                    .containsPattern("_lsm_level_bytes\\{[^}]*level=\"0\"")
                    .containsPattern("_lsm_flushMillis\\{[^}]*quantile=\"0.99\"")
                    .containsPattern("_lsm_state_sstables\\{[^}]*state=\"[^\"]+\"");
            assertThat(all(OF_US, page)).hasSizeGreaterThan(60);
        } finally {
            job.cancel().get();
        }
    }

    @Test
    void theFilesAreWellFormed() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        Map<String, Object> alerts = YamlParserUtils.loadYamlFile(ALERTS.toFile());

        assertThat(dashboard.get("panels")).hasSizeGreaterThan(15);
        for (JsonNode panel : dashboard.get("panels")) {
            assertThat(panel.get("title").asText()).isNotBlank();
            for (JsonNode target : panel.get("targets")) {
                assertThat(target.get("expr").asText()).containsPattern(METRIC);
                assertThat(labels(target.get("expr").asText()))
                        .isSubsetOf(
                                "job_name",
                                "operator_name",
                                "subtask_index",
                                "tm_id",
                                "level",
                                "waitsFor",
                                "quantile");
            }
        }
        assertThat(alerts).containsKey("groups");
        assertThat(Files.readString(ALERTS).split("- alert:")).hasSizeGreaterThan(10);
    }

    private static Set<String> labels(String expression) {
        Set<String> labels = new TreeSet<>();
        Matcher matcher = LABEL.matcher(expression);
        while (matcher.find()) {
            String grouped = matcher.group(2);
            labels.addAll(Set.of((grouped == null ? matcher.group(1) : grouped).split(", ")));
        }
        return labels;
    }

    private static Set<String> all(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group());
        }
        return found;
    }

    private static String scrape() throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + PORT + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static Configuration reporting() {
        Configuration config = new Configuration();
        config.setString(
                "metrics.reporter.prom.factory.class", PrometheusReporterFactory.class.getName());
        config.setString("metrics.reporter.prom.port", String.valueOf(PORT));
        return config;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
