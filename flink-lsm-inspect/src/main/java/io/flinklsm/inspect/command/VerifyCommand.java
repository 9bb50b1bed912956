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
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Locations;
import io.flinklsm.inspect.source.MetadataFile;
import io.flinklsm.inspect.verify.Finding;
import io.flinklsm.inspect.verify.Verification;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm verify}: whether a checkpoint can be restored. */
@Command(
        name = "verify",
        description = {
            "Checks every byte of a checkpoint: checksums, order, levels, key ranges, missing"
                    + " files.",
            "Exit code 1 if anything is wrong, 4 if the metadata itself is damaged."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm verify /checkpoints/3f2a/chk-42",
            "  flink-lsm verify --quick --json s3://bucket/savepoints/savepoint-3f2a"
        })
public final class VerifyCommand extends InspectCommand {

    @Parameters(
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    @Option(
            names = "--quick",
            description = "Read only the ends of SSTables: footers, indexes, bloom filters.")
    boolean quick;

    public VerifyCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        List<Exception> problems = new ArrayList<>();
        Checkpoint checkpoint = Checkpoint.open(location, problems::add);
        Verification.Result result;
        try (Progress progress =
                new Progress(
                        to,
                        "verify",
                        checkpoint.sstableBytes(),
                        output.quiet(),
                        output.progress())) {
            var verification = new Verification(quick, progress::update);
            problems.forEach(verification::addProblem);
            result = verification.run(checkpoint);
        }
        if (!result.findings().isEmpty() && checkpoint.kind() != Checkpoint.Kind.STORE) {
            MetadataFile.checkStillThere(checkpoint.path());
        }
        if (output.json()) {
            printJson(checkpoint, result, to);
        } else {
            printText(result, to);
        }
        return result.findings().isEmpty() ? InspectException.OK : InspectException.FINDING;
    }

    private static void printText(Verification.Result result, Console to) {
        for (Finding finding : result.findings()) {
            to.line(
                    to.alarm(name(finding))
                            + "  "
                            + SafeText.forTerminal(Locations.redact(finding.message())));
        }
        to.line(
                Units.count(result.sstables())
                        + " SSTables, "
                        + Units.count(result.entries())
                        + " entries, "
                        + Units.bytes(result.bytes())
                        + ": "
                        + (result.findings().isEmpty()
                                ? "ok"
                                : Units.count(result.findings().size())
                                        + (result.findings().size() == 1
                                                ? " finding"
                                                : " findings")));
        for (String open : result.notCovered()) {
            to.line("not covered: " + open);
        }
    }

    private static String name(Finding finding) {
        return finding.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void printJson(Checkpoint checkpoint, Verification.Result result, Console to)
            throws IOException {
        Json.print(
                to,
                "verify/1",
                json -> {
                    json.writeStringField("location", checkpoint.location());
                    json.writeBooleanField("ok", result.findings().isEmpty());
                    json.writeBooleanField("quick", quick);
                    json.writeNumberField("sstables", result.sstables());
                    json.writeNumberField("entries", result.entries());
                    json.writeNumberField("bytes", result.bytes());
                    json.writeArrayFieldStart("findings");
                    for (Finding finding : result.findings()) {
                        json.writeStartObject();
                        json.writeStringField("kind", name(finding));
                        json.writeStringField("location", Locations.redact(finding.location()));
                        json.writeStringField("message", Locations.redact(finding.message()));
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("not_covered");
                    for (String open : result.notCovered()) {
                        json.writeString(open);
                    }
                    json.writeEndArray();
                });
    }
}
