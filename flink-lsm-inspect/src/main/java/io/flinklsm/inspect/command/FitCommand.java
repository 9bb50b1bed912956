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

import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.fit.FitCheck;
import io.flinklsm.inspect.fit.FitCheck.Finding;
import io.flinklsm.inspect.fit.Verdict;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm fit}: would the serializers of a jar restore a checkpoint. */
@Command(
        name = "fit",
        description = {
            "Tells whether the serializers of a job's jar would restore the keyed state of a"
                    + " checkpoint or canonical savepoint. Loads classes of the jar, and runs their"
                    + " code, in a process of its own without the environment; no other command"
                    + " loads any.",
            "Decided: whether classes and snapshots are there, serializers can be restored, and"
                    + " POJOs as the jar has them read the fields that were written. Not decided:"
                    + " whether the job still uses these types for these states, and what Kryo"
                    + " makes of its bytes.",
            "Ends with exit code 1 if a serializer does not fit."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm fit /checkpoints/3f2a/chk-42 target/job.jar",
            "  flink-lsm fit --json --timeout 120 /savepoints/savepoint-3f2a job.jar"
        })
public final class FitCommand extends InspectCommand {

    @Parameters(
            index = "0",
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, or savepoint, native or canonical.")
    String location = "";

    @Parameters(index = "1", paramLabel = "JAR", description = "The job's jar.")
    Path jar = Path.of("");

    public FitCommand(Console console) {
        super(console);
    }

    /** A class loader takes any file for a jar without classes, which all of Flink's own fit. */
    private void checkIsJar() throws IOException {
        try (var opened = new ZipFile(jar.toFile())) {
            if (opened.size() == 0) {
                throw InspectException.unreadable(
                        "[" + jar + "] is an empty jar; give the job's jar.");
            }
        } catch (ZipException e) {
            throw InspectException.unreadable(
                    "[" + jar + "] is no jar: " + e.getMessage() + "; give the job's jar.", e);
        }
    }

    @Override
    protected int run(Console to) throws IOException {
        if (!Files.isRegularFile(jar) || !Files.isReadable(jar)) {
            throw InspectException.unreadable(
                    "[" + jar + "] there is no such file, or it must not be read; give a jar.");
        }
        checkIsJar();
        Checkpoint checkpoint = Checkpoint.openAny(location);
        List<Finding> findings;
        try {
            findings = FitCheck.of(checkpoint, jar, Duration.ofSeconds(output.timeoutSeconds()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw InspectException.unreadable("was interrupted.", e);
        }
        if (output.json()) {
            printJson(checkpoint, findings, to);
        } else {
            printText(findings, to);
        }
        return findings.stream().anyMatch(one -> one.verdict() == Verdict.DOES_NOT_FIT)
                ? InspectException.FINDING
                : InspectException.OK;
    }

    private static String word(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String label(Finding one) {
        return one.state().isEmpty() ? "(all)" : one.state();
    }

    private static String role(Finding one) {
        return one.role().toLowerCase(Locale.ROOT).replace("_serializer", "").replace('_', ' ');
    }

    private static void printText(List<Finding> findings, Console to) {
        Table table = new Table().name("operator").name("state").left("serializer").left("verdict");
        for (Finding one : findings) {
            table.row(one.operator().label(), label(one), role(one), word(one.verdict()));
        }
        table.print(to);
        for (Finding one : findings) {
            if (!one.reason().isEmpty()) {
                to.line("");
                to.line(
                        SafeText.forTerminal(
                                one.operator().label()
                                        + " / "
                                        + label(one)
                                        + ", "
                                        + role(one)
                                        + ": "
                                        + word(one.verdict())
                                        + ": "
                                        + one.reason()
                                        + "."));
            }
        }
    }

    private static void printJson(Checkpoint checkpoint, List<Finding> findings, Console to)
            throws IOException {
        Json.print(
                to,
                "fit/1",
                json -> {
                    json.writeStringField("location", checkpoint.location());
                    json.writeArrayFieldStart("serializers");
                    for (Finding one : findings) {
                        json.writeStartObject();
                        json.writeStringField("operator", one.operator().label());
                        json.writeStringField("operator_uid_hash", one.operator().uidHash());
                        json.writeStringField("state", one.state());
                        json.writeStringField("role", one.role());
                        json.writeStringField(
                                "verdict", one.verdict().name().toLowerCase(Locale.ROOT));
                        json.writeStringField("reason", one.reason());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }
}
