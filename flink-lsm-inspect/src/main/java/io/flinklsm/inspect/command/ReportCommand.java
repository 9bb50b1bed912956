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

import io.flinklsm.inspect.cli.HealthOptions;
import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.health.HealthCheck;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.OutputFile;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.report.ReportData;
import io.flinklsm.inspect.report.ReportPage;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.CheckpointListing;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm report}: a page about a checkpoint. */
@Command(
        name = "report",
        description = {
            "Writes a page about a checkpoint: findings, where the bytes are, growth over the"
                + " checkpoints that are kept, key groups, sizes, levels, ages, the largest keys"
                + " and all SSTables.",
            "It is one HTML file that needs no network. Given a directory of checkpoints, it is"
                    + " about the newest."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm report -o report.html /checkpoints/3f2a/chk-42",
            "  flink-lsm report -o report.html --ttl 7d /checkpoints/3f2a"
        })
public final class ReportCommand extends InspectCommand {

    @Parameters(
            paramLabel = "CHECKPOINT",
            description =
                    "Checkpoint, savepoint or store directory, or a directory of checkpoints.")
    String location = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write it.")
    Path target = Path.of("");

    @Option(names = "--force", description = "Replace a file that exists.")
    boolean force;

    @Mixin HealthOptions judged = new HealthOptions();

    public ReportCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        List<ReportData.Kept> kept = new ArrayList<>();
        Checkpoint checkpoint = open(kept);
        HealthCheck.Request request = judged.request(checkpoint, to.nowMillis());
        List<StateView> states = checkpoint.states();
        long bytes = states.stream().mapToLong(StateView::sizeBytes).sum();
        try (OutputFile file = OutputFile.create(target, force);
                Progress progress =
                        new Progress(to, "report", bytes, output.quiet(), output.progress())) {
            long before = StateView.bytesRead(states);
            Runnable tell = () -> progress.update(StateView.bytesRead(states) - before);
            var data =
                    new ReportData(
                            checkpoint,
                            kept,
                            HealthCheck.of(states, request, tell),
                            to.nowMillis());
            byte[] page = ReportPage.of(data::write).getBytes(StandardCharsets.UTF_8);
            try (OutputStream out = file.open()) {
                out.write(page);
            }
            file.commit();
            progress.close();
            tell(checkpoint, data, page.length, to);
        }
        return InspectException.OK;
    }

    private void tell(Checkpoint checkpoint, ReportData data, long bytes, Console to)
            throws IOException {
        int findings = data.health().findings().size();
        if (output.json()) {
            Json.print(
                    to,
                    "report/1",
                    json -> {
                        json.writeStringField("location", checkpoint.location());
                        json.writeStringField("output", target.toString());
                        json.writeNumberField("output_bytes", bytes);
                        json.writeNumberField("findings", findings);
                    });
        } else if (!output.quiet()) {
            to.note(
                    "flink-lsm: wrote "
                            + SafeText.forTerminal(target.toString())
                            + ", "
                            + Units.bytes(bytes)
                            + ", with "
                            + findings
                            + (findings == 1 ? " finding." : " findings."));
        }
    }

    /** The checkpoint, and all that are beside it. */
    private Checkpoint open(List<ReportData.Kept> kept) throws IOException {
        if (Checkpoint.isOne(location)) {
            Checkpoint checkpoint = Checkpoint.open(location);
            add(CheckpointListing.keptWith(checkpoint), kept);
            return checkpoint;
        }
        add(CheckpointListing.of(location).found(), kept);
        if (kept.isEmpty()) {
            throw InspectException.unreadable(
                    "["
                            + SafeText.forTerminal(location)
                            + "] has no checkpoint that opens; \"flink-lsm ls\" tells why.");
        }
        return kept.get(kept.size() - 1).checkpoint();
    }

    private static void add(List<CheckpointListing.Found> all, List<ReportData.Kept> kept) {
        all.forEach(found -> kept.add(new ReportData.Kept(found.name(), found.checkpoint())));
    }
}
