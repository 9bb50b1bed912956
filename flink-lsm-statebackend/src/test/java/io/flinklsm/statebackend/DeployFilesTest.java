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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What {@code deploy/} has for Docker and Kubernetes. */
final class DeployFilesTest {

    private static final Path DEPLOY = Path.of("../deploy");

    /** From the jar of the operator's own classes. */
    private static final String CRD = "/META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml";

    private static final String VERSION = "flinkVersion";

    private final ObjectMapper yaml = new ObjectMapper(new YAMLFactory());

    @Test
    void deploymentFitsTheOperatorsSchema() throws IOException {
        ObjectNode deployment = deployment();
        // The newest schema on Maven Central is older than Flink 2: it lists versions up to 1.20.
        assertThat(spec(deployment).remove(VERSION).asText())
                .isEqualTo("v" + flinkMinor().replace('.', '_'));

        assertThat(errors(deployment)).isEmpty();
    }

    /** Else the test above would accept anything. */
    @Test
    void schemaFindsWhatIsMisspelledOrOfAWrongType() throws IOException {
        ObjectNode misspelled = deployment();
        spec(misspelled).remove(VERSION);
        spec(misspelled).set("taskManagers", spec(misspelled).remove("taskManager"));
        ObjectNode wrongType = deployment();
        spec(wrongType).remove(VERSION);
        ((ObjectNode) spec(wrongType).get("job")).put("parallelism", "two");

        assertThat(errors(misspelled)).singleElement().asString().contains("taskManagers");
        assertThat(errors(wrongType)).singleElement().asString().contains("parallelism");
    }

    @Test
    void configurationOfTheDeploymentMakesTheBackend() throws Exception {
        Configuration config = new Configuration();
        spec(deployment())
                .get("flinkConfiguration")
                .properties()
                .forEach(each -> config.setString(each.getKey(), each.getValue().textValue()));

        StateBackend backend =
                StateBackendLoader.loadStateBackendFromConfig(
                        config,
                        DeployFilesTest.class.getClassLoader(),
                        LoggerFactory.getLogger(DeployFilesTest.class));

        assertThat(config.get(StateBackendOptions.STATE_BACKEND))
                .isEqualTo(LsmStateBackendFactory.class.getName());
        assertThat(((LsmStateBackend) backend).settings().incremental()).isTrue();
        assertThat(UnheededKeys.warning(config.toMap())).isEmpty();
    }

    @Test
    void imageIsOfThisFlinkAndGetsTheRuntimeJar() throws IOException {
        List<String> lines = Files.readAllLines(DEPLOY.resolve("Dockerfile"));
        List<String> steps =
                lines.stream().filter(line -> !line.isBlank() && !line.startsWith("#")).toList();

        assertThat(steps).hasSize(2);
        assertThat(steps.get(0)).isEqualTo("FROM flink:" + flinkMinor());
        Matcher copy =
                Pattern.compile("COPY --chown=flink:flink (\\S+) /opt/flink/lib/")
                        .matcher(steps.get(1));
        assertThat(copy.matches()).as(steps.get(1)).isTrue();
        String jar = "flink-lsm-statebackend-" + projectVersion() + "-runtime.jar";
        assertThat(
                        FileSystems.getDefault()
                                .getPathMatcher("glob:" + copy.group(1))
                                .matches(Path.of(jar)))
                .as(jar)
                .isTrue();
    }

    private ObjectNode deployment() throws IOException {
        return (ObjectNode) yaml.readTree(DEPLOY.resolve("flinkdeployment.yaml").toFile());
    }

    private static ObjectNode spec(ObjectNode deployment) {
        return (ObjectNode) deployment.get("spec");
    }

    private List<String> errors(JsonNode deployment) throws IOException {
        JsonNode definition;
        try (InputStream in = DeployFilesTest.class.getResourceAsStream(CRD)) {
            definition = yaml.readTree(in);
        }
        JsonNode version = definition.at("/spec/versions/0");
        assertThat(deployment.get("apiVersion").asText())
                .isEqualTo(
                        definition.at("/spec/group").asText() + "/" + version.get("name").asText());
        JsonNode openApi = version.at("/schema/openAPIV3Schema");
        forbidUnknownFields(openApi);
        // Of every resource; not in the schema of one.
        ((ObjectNode) openApi.get("properties")).putObject("apiVersion").put("type", "string");
        ((ObjectNode) openApi.get("properties")).putObject("kind").put("type", "string");
        ((ObjectNode) openApi.get("properties")).putObject("metadata").put("type", "object");
        Schema schema =
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_4).getSchema(openApi);
        return schema.validate(deployment).stream().map(Error::toString).toList();
    }

    /** Kubernetes drops them in silence; here they are mistakes. */
    private static void forbidUnknownFields(JsonNode schema) {
        if (schema instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.has("x-kubernetes-preserve-unknown-fields")
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        schema.forEach(DeployFilesTest::forbidUnknownFields);
    }

    private static String flinkMinor() {
        return EnvironmentInformation.getVersion().replaceFirst("\\.\\d+$", "");
    }

    private static String projectVersion() throws IOException {
        Matcher version =
                Pattern.compile("<version>([^<]+)</version>")
                        .matcher(Files.readString(Path.of("../pom.xml")));
        assertThat(version.find()).isTrue();
        return version.group(1);
    }
}
