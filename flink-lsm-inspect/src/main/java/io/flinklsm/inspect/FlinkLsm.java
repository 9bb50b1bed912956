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
package io.flinklsm.inspect;

import io.flinklsm.inspect.cli.DidYouMean;
import io.flinklsm.inspect.cli.Errors;
import io.flinklsm.inspect.cli.InspectFactory;
import io.flinklsm.inspect.command.CompactCommand;
import io.flinklsm.inspect.command.CompletionCommand;
import io.flinklsm.inspect.command.DiffCommand;
import io.flinklsm.inspect.command.ExportCommand;
import io.flinklsm.inspect.command.FilesCommand;
import io.flinklsm.inspect.command.FitCommand;
import io.flinklsm.inspect.command.GcCommand;
import io.flinklsm.inspect.command.GetCommand;
import io.flinklsm.inspect.command.HealthCommand;
import io.flinklsm.inspect.command.LsCommand;
import io.flinklsm.inspect.command.ManCommand;
import io.flinklsm.inspect.command.ReportCommand;
import io.flinklsm.inspect.command.ScanCommand;
import io.flinklsm.inspect.command.ShowCommand;
import io.flinklsm.inspect.command.SqlCommand;
import io.flinklsm.inspect.command.TopCommand;
import io.flinklsm.inspect.command.VerifyCommand;
import io.flinklsm.inspect.command.WatchCommand;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.OutputLostException;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Reasons;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.TimeZone;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program {@code flink-lsm}. */
@Command(
        name = "flink-lsm",
        description = "Looks into flink-lsm checkpoints, native savepoints and store directories.",
        subcommands = {
            LsCommand.class,
            ShowCommand.class,
            FilesCommand.class,
            VerifyCommand.class,
            TopCommand.class,
            HealthCommand.class,
            DiffCommand.class,
            GetCommand.class,
            ScanCommand.class,
            SqlCommand.class,
            ExportCommand.class,
            GcCommand.class,
            CompactCommand.class,
            FitCommand.class,
            WatchCommand.class,
            ReportCommand.class,
            CompletionCommand.class,
            ManCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = FlinkLsm.Version.class,
        footer = {
            "",
            "Exit codes: 0 ok, 1 finding, 2 usage, 3 cannot read, 4 corrupt.",
            "",
            "What is asked at night, and what answers it:",
            "  which checkpoints are there?      ls DIR",
            "  why does the state grow?          diff --explain OLDER NEWER, then health NEWER",
            "  which key is it?                  top NEWER, and top --exact NEWER",
            "  which files may be deleted?       gc DIR",
            "  is a checkpoint whole?            verify CHECKPOINT",
            "  what does going back to it undo?  diff CHECKPOINT NEWEST",
            "",
            "Examples:",
            "  flink-lsm ls /checkpoints/3f2a",
            "  flink-lsm help scan"
        })
public final class FlinkLsm implements Runnable {

    private static final String WHAT_PARTS_NEED =
            "its jar must be whole and readable, and the process may need more open files"
                    + " (\"ulimit -n\").";

    @Spec private CommandSpec spec = CommandSpec.create();

    private FlinkLsm() {}

    /** Without a command. */
    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "say what to do");
    }

    public static void main(String[] arguments) {
        // The engine's driver makes local times of the process out of all times: only in UTC there
        // is no hour that is skipped.
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        int exitCode = InspectException.UNREADABLE;
        try {
            exitCode = run(Console.ofProcess(System.getenv()), arguments);
        } catch (Throwable e) {
            // Without a console nothing else is left to tell it with.
            System.err.println(
                    "flink-lsm: the program does not start: " + e + "; " + WHAT_PARTS_NEED);
        }
        System.exit(exitCode);
    }

    /**
     * Runs one command and gives the exit code, after all that it printed has arrived; touches
     * nothing but the console.
     */
    public static int run(Console console, String... arguments) {
        int exitCode;
        try {
            exitCode = execute(console, arguments);
            console.out().finish();
        } catch (OutputLostException e) {
            // What could not be told is lost even if the command itself was fine.
            exitCode = Errors.exitCode(e);
            Errors.print(e, console, false);
        }
        console.err().flush();
        return exitCode;
    }

    private static int execute(Console console, String... arguments) {
        CommandLine line = new CommandLine(new FlinkLsm(), new InspectFactory(console));
        // Help is printed below: picocli takes a failure of its own printing for a bug.
        var help = new StringWriter();
        var err = new PrintWriter(console.err(), true, StandardCharsets.UTF_8);
        line.setOut(new PrintWriter(help));
        line.setErr(err);
        line.setColorScheme(
                CommandLine.Help.defaultColorScheme(console.colour() ? Ansi.ON : Ansi.OFF));
        line.setUsageHelpWidth(Math.max(55, console.columns() == 0 ? 100 : console.columns()));
        for (CommandLine sub : line.getSubcommands().values()) {
            sub.getCommandSpec().mixinStandardHelpOptions(true);
        }
        line.setParameterExceptionHandler((failure, given) -> usageError(failure, console));
        line.setExecutionExceptionHandler(
                (failure, command, parsed) -> {
                    Errors.print(failure, console, parsed != null && isDebug(command));
                    return Errors.exitCode(failure);
                });
        try {
            int exitCode = line.execute(withoutHelpCommand(line, arguments));
            console.out().print(help);
            return exitCode;
        } catch (OutOfMemoryError | StackOverflowError e) {
            InspectException tooLarge =
                    InspectException.unreadable(
                            "something needs more memory than there is: "
                                    + e
                                    + "; give more with FLINK_LSM_JAVA_OPTS=-Xmx1g, or a file"
                                    + " declares more than it holds (\"flink-lsm verify\" tells).",
                            e);
            Errors.print(tooLarge, console, false);
            return tooLarge.exitCode();
        } catch (LinkageError | InternalError e) {
            InspectException notLoaded =
                    InspectException.unreadable(
                            "a part of the program cannot be loaded: "
                                    + Reasons.of(rootOf(e))
                                    + "; "
                                    + WHAT_PARTS_NEED,
                            e);
            Errors.print(notLoaded, console, Arrays.asList(arguments).contains("--debug"));
            return notLoaded.exitCode();
        }
    }

    /** {@code help COMMAND} is {@code COMMAND --help}. */
    private static String[] withoutHelpCommand(CommandLine line, String... arguments) {
        if (arguments.length == 0 || !arguments[0].equals("help")) {
            return arguments;
        }
        if (arguments.length == 1) {
            return new String[] {"--help"};
        }
        // The help of what is no command would be the one of the program.
        return line.getSubcommands().containsKey(arguments[1])
                ? new String[] {arguments[1], "--help"}
                : new String[] {arguments[1]};
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        return root;
    }

    private static boolean isDebug(CommandLine command) {
        return InspectFactory.isDebug(command.getCommand());
    }

    private static int usageError(CommandLine.ParameterException failure, Console console) {
        CommandSpec command = failure.getCommandLine().getCommandSpec();
        String question = question(failure, command);
        Errors.print(
                InspectException.usage(
                        failure.getMessage()
                                + ";"
                                + question
                                + " \""
                                + command.qualifiedName()
                                + " --help\" shows what is possible."),
                console,
                false);
        if (failure.getCommandLine().getParent() == null && question.isEmpty()) {
            failure.getCommandLine().usage(console.err());
        }
        return InspectException.USAGE;
    }

    /** Whether a command or an option was mistyped. */
    private static String question(CommandLine.ParameterException failure, CommandSpec command) {
        if (!(failure instanceof CommandLine.UnmatchedArgumentException unmatched)
                || unmatched.getUnmatched().isEmpty()) {
            return "";
        }
        String typed = unmatched.getUnmatched().get(0);
        return DidYouMean.question(
                typed,
                typed.startsWith("-")
                        ? command.optionsMap().keySet()
                        : command.subcommands().keySet());
    }

    /** The version of the jar. */
    static final class Version implements CommandLine.IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = FlinkLsm.class.getPackage().getImplementationVersion();
            return new String[] {"flink-lsm " + (version == null ? "(development)" : version)};
        }
    }
}
