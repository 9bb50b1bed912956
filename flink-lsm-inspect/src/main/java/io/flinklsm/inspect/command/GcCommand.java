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
import io.flinklsm.inspect.gc.Audit;
import io.flinklsm.inspect.gc.AuditOptions;
import io.flinklsm.inspect.gc.Deletion;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.InspectException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm gc}: what lies in a checkpoint directory and no checkpoint needs. */
@Command(
        name = "gc",
        description = {
            "Lists the files in a job's checkpoint directory that no complete checkpoint or"
                + " savepoint needs, whatever backend wrote them, and directories of checkpoints"
                + " that are empty, and deletes them with --delete.",
            "Exit code 1 if a file is missing that a checkpoint needs; 3 or 4, and nothing is"
                    + " listed, if the metadata of any checkpoint cannot be read."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm gc /checkpoints/3f2a",
            "  flink-lsm gc --delete --yes --older-than 7d --also /savepoints"
                    + " s3://bucket/checkpoints"
        })
public final class GcCommand extends InspectCommand {

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})([smhd])");

    @Parameters(
            paramLabel = "ROOT",
            description = "A job's checkpoint directory, or one with those of several jobs.")
    String location = "";

    @Option(names = "--delete", description = "Delete what may go, after a question on stderr.")
    boolean delete;

    @Option(names = "--yes", description = "Delete without the question.")
    boolean yes;

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            description =
                    "Keep what was written in the last AGE, such as 90s, 30m, 12h or 7d: it may"
                            + " belong to a checkpoint that is being taken. 1d if not given.")
    @Nullable String olderThan;

    @Option(
            names = "--job-ended",
            description =
                    "Nothing writes to ROOT any more: what is newer than the newest checkpoint may"
                            + " go, too, and files that Flink merged several into.")
    boolean jobEnded;

    @Option(
            names = "--task-owned",
            description =
                    "Files in taskowned may go, too. Wrong for jobs with a write-ahead sink, whose"
                            + " state names such files.")
    boolean taskOwned;

    @Option(
            names = "--also",
            paramLabel = "PATH",
            description =
                    "Checkpoints, savepoints or jobs elsewhere that may use files of ROOT, such as"
                            + " those of a job that claimed one of its checkpoints; may be given"
                            + " several times. Jobs beside ROOT are looked at anyway.")
    List<String> also = new ArrayList<>();

    @Option(
            names = "--alone",
            description = "Do not look at what is beside ROOT: no other job uses its files.")
    boolean alone;

    public GcCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        if (yes && !delete) {
            throw InspectException.usage("--yes answers the question of --delete; give both.");
        }
        if (output.json() && delete && !yes) {
            throw InspectException.usage(
                    "--json does not show what --delete would ask for; give --yes, too.");
        }
        AuditOptions options =
                new AuditOptions(
                        age(),
                        to.nowMillis(),
                        jobEnded,
                        taskOwned,
                        alone,
                        also,
                        jobEnded ? Duration.ZERO : AuditOptions.DEFAULT_PATIENCE);
        Audit audit = Audit.of(location, options);
        @Nullable Deletion deletion = null;
        if (!output.json()) {
            printText(audit, to);
        }
        if (delete && !audit.deletable().isEmpty()) {
            if (!yes && !isAgreed(audit, to)) {
                throw InspectException.usage(
                        "nothing was deleted: the answer was not \"yes\"; give --yes where no"
                                + " person answers.");
            }
            deletion = Deletion.of(audit, options);
            if (!output.quiet()) {
                to.note(
                        "flink-lsm: deleted "
                                + files(deletion.files())
                                + ", "
                                + Units.bytes(deletion.bytes())
                                + andDirectories(deletion.directories())
                                + ".");
            }
        }
        if (output.json()) {
            printJson(audit, deletion, to);
        }
        return audit.missing().isEmpty() ? InspectException.OK : InspectException.FINDING;
    }

    private Duration age() {
        if (olderThan == null) {
            return AuditOptions.DEFAULT_AGE;
        }
        Matcher matcher = DURATION.matcher(olderThan);
        if (!matcher.matches()) {
            throw InspectException.usage(
                    "--older-than takes a number and s, m, h or d, like 12h: given="
                            + olderThan
                            + ".");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    private static boolean isAgreed(Audit audit, Console to) throws IOException {
        return to.ask(
                        "flink-lsm: delete "
                                + files(audit.deletableFiles())
                                + ", "
                                + Units.bytes(deletableBytes(audit))
                                + andDirectories(deletableDirectories(audit))
                                + ", for ever? Type yes: ")
                .equals("yes");
    }

    private static long deletableBytes(Audit audit) {
        return audit.deletable().stream().mapToLong(Audit.Unneeded::bytes).sum();
    }

    private static int deletableDirectories(Audit audit) {
        return audit.deletable().size() - audit.deletableFiles();
    }

    /** Nothing if there are none, as is usual. */
    private static String andDirectories(int count) {
        return count == 0 ? "" : ", and " + count(count, "empty directory", "empty directories");
    }

    private static String files(int count) {
        return Units.count(count) + (count == 1 ? " file" : " files");
    }

    private static void printText(Audit audit, Console to) {
        if (!audit.unneeded().isEmpty()) {
            printTable(audit, to);
            to.line("");
        }
        for (Audit.Missing missing : audit.missing()) {
            to.line(
                    to.alarm("missing")
                            + "  "
                            + SafeText.forTerminal(
                                    "["
                                            + missing.location()
                                            + "] "
                                            + missing.what()
                                            + ": neededBy="
                                            + missing.checkpoint()));
        }
        List<Audit.Unneeded> deletable = audit.deletable();
        int kept = audit.unneeded().size() - deletable.size();
        to.line(
                count(audit.checkpoints().size(), "checkpoint")
                        + (audit.checkpoints().size() == 1 ? " needs " : " need ")
                        + files(audit.neededFiles())
                        + ", "
                        + Units.bytes(audit.neededBytes())
                        + "; "
                        + files(audit.deletableFiles())
                        + ", "
                        + Units.bytes(deletableBytes(audit))
                        + andDirectories(deletableDirectories(audit))
                        + ", may go, "
                        + Units.count(kept)
                        + " unneeded "
                        + (kept == 1 ? "stays; " : "stay; ")
                        + count(audit.missing().size(), "is", "are")
                        + " missing");
        if (audit.elsewhere().directory() != null) {
            to.line(
                    "not covered: "
                            + files(audit.elsewhere().files())
                            + " of these checkpoints "
                            + (audit.elsewhere().files() == 1 ? "lies" : "lie")
                            + " outside of this directory, such as in "
                            + SafeText.forTerminal(audit.elsewhere().directory())
                            + ": what is not needed there was not looked for");
        }
        if (!audit.passedOver().isEmpty()) {
            to.line(
                    "not covered: "
                            + count(audit.passedOver().size(), "name is", "names are")
                            + " not Flink's, or a link, such as "
                            + SafeText.forTerminal(audit.passedOver().get(0))
                            + ": left alone");
        }
    }

    private static String count(int count, String noun) {
        return count(count, noun, noun + "s");
    }

    private static String count(int count, String one, String many) {
        return Units.count(count) + " " + (count == 1 ? one : many);
    }

    private static void printTable(Audit audit, Console to) {
        Table table =
                new Table()
                        .name("file")
                        .right("size")
                        .left("modified")
                        .left("age")
                        .left("why")
                        .left("may go");
        for (Audit.Unneeded file : audit.unneeded()) {
            table.row(
                    file.name(),
                    Units.bytes(file.bytes()),
                    Units.time(file.modifiedMillis()),
                    Units.age(file.modifiedMillis(), to.nowMillis()),
                    file.why(),
                    file.mayGo() ? "yes" : "no: " + file.keptBecause());
        }
        table.print(to);
    }

    private static void printJson(Audit audit, @Nullable Deletion deletion, Console to)
            throws IOException {
        Json.print(
                to,
                "gc/1",
                json -> {
                    json.writeStringField("location", audit.location());
                    json.writeNumberField("needed_files", audit.neededFiles());
                    json.writeNumberField("needed_bytes", audit.neededBytes());
                    json.writeNumberField("deletable_files", audit.deletableFiles());
                    json.writeNumberField("deletable_directories", deletableDirectories(audit));
                    json.writeNumberField("deletable_bytes", deletableBytes(audit));
                    json.writeNumberField("deleted_files", deletion == null ? 0 : deletion.files());
                    json.writeNumberField(
                            "deleted_directories", deletion == null ? 0 : deletion.directories());
                    json.writeNumberField("deleted_bytes", deletion == null ? 0 : deletion.bytes());
                    json.writeArrayFieldStart("checkpoints");
                    for (Audit.Retained checkpoint : audit.checkpoints()) {
                        json.writeStartObject();
                        json.writeStringField("location", checkpoint.location());
                        json.writeNumberField("id", checkpoint.id());
                        json.writeStringField(
                                "type", checkpoint.isSavepoint() ? "savepoint" : "checkpoint");
                        json.writeNumberField("created", checkpoint.completedMillis());
                        json.writeNumberField("files", checkpoint.files());
                        json.writeBooleanField("inside", checkpoint.isOwn());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("unneeded");
                    for (Audit.Unneeded file : audit.unneeded()) {
                        json.writeStartObject();
                        json.writeStringField("name", file.name());
                        json.writeStringField("location", file.location());
                        json.writeBooleanField("directory", file.isDirectory());
                        json.writeNumberField("bytes", file.bytes());
                        json.writeNumberField("modified", file.modifiedMillis());
                        json.writeStringField("why", file.why());
                        json.writeBooleanField("may_go", file.mayGo());
                        json.writeStringField("kept_because", file.keptBecause());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("missing");
                    for (Audit.Missing missing : audit.missing()) {
                        json.writeStartObject();
                        json.writeStringField("location", missing.location());
                        json.writeStringField("checkpoint", missing.checkpoint());
                        json.writeStringField("what", missing.what());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeNumberField("elsewhere_files", audit.elsewhere().files());
                    json.writeArrayFieldStart("passed_over");
                    for (String name : audit.passedOver()) {
                        json.writeString(name);
                    }
                    json.writeEndArray();
                });
    }
}
