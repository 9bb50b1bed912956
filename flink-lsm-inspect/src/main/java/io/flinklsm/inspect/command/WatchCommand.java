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
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.CheckpointListing;
import io.flinklsm.inspect.source.CheckpointWatch;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.SourceFile;
import io.flinklsm.inspect.source.SubtaskStore;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm watch}: a line for each checkpoint of a job as it completes. */
@Command(
        name = "watch",
        description =
                "Follows the checkpoints below a directory: a line for each one that is there, then"
                        + " for each new one, until Ctrl-C. With --json each line is an object.",
        footer = {
            "",
            "Examples:",
            "  flink-lsm watch /checkpoints/3f2a",
            "  flink-lsm watch --json --count 10 --interval 30 s3://bucket/checkpoints/3f2a"
        })
public final class WatchCommand extends InspectCommand {

    /** Wide enough for what jobs call their checkpoints; longer names move the rest of a line. */
    private static final String LINE = "%-20s %8s  %-20s %10s %10s %10s %7s";

    @Parameters(
            paramLabel = "PATH",
            description = "A job's checkpoint directory, or one with those of several jobs.")
    String location = "";

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "End after N lines, those of the checkpoints that were there included.")
    int count = Integer.MAX_VALUE;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            description =
                    "How often to look; ${DEFAULT-VALUE} if not given. What comes and goes between"
                            + " two looks is not seen.",
            defaultValue = "5")
    int intervalSeconds = 5;

    /** Never opened: waiting for it is waiting for the time to pass. */
    private final CountDownLatch never = new CountDownLatch(1);

    public WatchCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        if (count < 1 || intervalSeconds < 1) {
            throw InspectException.usage(
                    "--count and --interval take a number above 0: count="
                            + count
                            + ", interval="
                            + intervalSeconds
                            + ".");
        }
        CheckpointWatch watch = CheckpointWatch.of(location);
        if (!output.json()) {
            to.line(line("checkpoint", "id", "created", "size", "new", "shared", "files"));
        }
        int printed = 0;
        while (true) {
            CheckpointWatch.Look look = watch.look();
            for (CheckpointListing.Found found : look.found()) {
                print(found, to);
                if (++printed == count) {
                    return InspectException.OK;
                }
            }
            to.out().flush();
            if (!output.quiet()) {
                look.skipped()
                        .forEach(
                                skipped ->
                                        to.note(
                                                "flink-lsm: skipped "
                                                        + SafeText.forTerminal(skipped.reason())));
            }
            await();
        }
    }

    private void await() throws IOException {
        try {
            if (never.await(intervalSeconds, TimeUnit.SECONDS)) {
                throw new AssertionError("nothing opens it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a checkpoint");
        }
    }

    private void print(CheckpointListing.Found found, Console to) throws IOException {
        Checkpoint checkpoint = found.checkpoint();
        long bytes = checkpoint.totalBytes();
        long newBytes = checkpoint.newBytes();
        long sharedBytes = newBytes < 0 ? -1 : bytes - newBytes;
        int files = fileCount(checkpoint);
        if (!output.json()) {
            to.line(
                    line(
                            SafeText.forTerminal(found.name()),
                            Long.toString(checkpoint.id()),
                            Units.time(checkpoint.createdMillis()),
                            Units.bytes(bytes),
                            Units.bytes(newBytes),
                            Units.bytes(sharedBytes),
                            Units.count(files)));
            return;
        }
        Json.printLine(
                to,
                "watch/1",
                json -> {
                    json.writeStringField("name", found.name());
                    json.writeStringField("location", checkpoint.location());
                    json.writeNumberField("id", checkpoint.id());
                    json.writeStringField("type", checkpoint.kind().label());
                    json.writeNumberField("created", checkpoint.createdMillis());
                    json.writeNumberField("bytes", bytes);
                    json.writeNumberField("new_bytes", newBytes);
                    json.writeNumberField("shared_bytes", sharedBytes);
                    json.writeNumberField("files", files);
                });
    }

    private static String line(Object... cells) {
        return String.format(Locale.ROOT, LINE, cells).stripTrailing();
    }

    /** Files of keyed state of ours, one that several subtasks share once. */
    private static int fileCount(Checkpoint checkpoint) {
        Set<String> shared = new HashSet<>();
        int own = 0;
        for (Operator operator : checkpoint.operators()) {
            for (SubtaskStore store : operator.stores()) {
                for (SourceFile file : store.storage().files().values()) {
                    if (file.isShared()) {
                        shared.add(file.location());
                    } else {
                        own++;
                    }
                }
            }
        }
        return own + shared.size();
    }
}
