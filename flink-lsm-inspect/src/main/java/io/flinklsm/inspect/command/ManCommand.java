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
import io.flinklsm.inspect.source.InspectException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm man}: a page of the manual, in the form that {@code man} reads. */
@Command(
        name = "man",
        description = {
            "Prints a page of the manual in the form that man reads.",
            "From a file in this directory, \"man ./FILE\" shows it."
        },
        footer = {"", "Examples:", "  flink-lsm man flink-lsm", "  flink-lsm man top"})
public final class ManCommand extends InspectCommand {

    @Parameters(paramLabel = "PAGE", description = "flink-lsm, or one of its commands.")
    String page = "";

    public ManCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) {
        CommandSpec root = spec.root();
        CommandLine named = root.subcommands().get(page);
        if (named == null && !page.equals(root.name())) {
            throw InspectException.usage(
                    "there is no page of this name: given="
                            + page
                            + "; there are "
                            + root.name()
                            + ", "
                            + String.join(", ", root.subcommands().keySet())
                            + ".");
        }
        to.out().print(write(named == null ? root : named.getCommandSpec()));
        return InspectException.OK;
    }

    private static String write(CommandSpec command) {
        String name = command.qualifiedName("-");
        StringBuilder roff = new StringBuilder();
        roff.append(".TH ").append(quoted(name.toUpperCase(Locale.ROOT))).append(" 1 \"\" ");
        roff.append(quoted(String.valueOf(command.root().version()[0]))).append("\n");
        String[] description = command.usageMessage().description();
        roff.append(".SH NAME\n").append(text(name)).append(" \\- ");
        roff.append(text(firstSentence(description))).append("\n");
        roff.append(".SH SYNOPSIS\n.B ").append(text(command.qualifiedName(" "))).append("\n");
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            roff.append(".I ").append(text(parameter.paramLabel())).append("\n");
        }
        roff.append(command.subcommands().isEmpty() ? "[options]\n" : "command [options]\n");
        roff.append(".SH DESCRIPTION\n");
        for (String paragraph : description) {
            roff.append(line(paragraph)).append("\n.PP\n");
        }
        writeCommands(command, roff);
        roff.append(".SH OPTIONS\n");
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            item(parameter.paramLabel(), parameter.description(), parameter, roff);
        }
        for (OptionSpec option : command.options()) {
            String names = String.join(", ", option.names());
            String label = option.arity().max() == 0 ? "" : " " + option.paramLabel();
            item(names + label, option.description(), option, roff);
        }
        writeFooter(List.of(command.usageMessage().footer()), roff);
        return roff.toString();
    }

    private static void writeCommands(CommandSpec command, StringBuilder roff) {
        if (command.subcommands().isEmpty()) {
            return;
        }
        roff.append(".SH COMMANDS\n");
        command.subcommands()
                .forEach(
                        (name, line) ->
                                roff.append(".TP\n.B ")
                                        .append(text(name))
                                        .append("\n")
                                        .append(
                                                line(
                                                        firstSentence(
                                                                line.getCommandSpec()
                                                                        .usageMessage()
                                                                        .description())))
                                        .append("\n"));
    }

    private static void item(
            String name, String[] description, CommandLine.Model.ArgSpec of, StringBuilder roff) {
        roff.append(".TP\n.B ").append(text(name)).append("\n");
        for (String paragraph : description) {
            String value = String.valueOf(of.defaultValue());
            roff.append(line(paragraph.replace("${DEFAULT-VALUE}", value))).append("\n");
        }
    }

    /** What stands below a help: exit codes as a paragraph, examples as they are. */
    private static void writeFooter(List<String> footer, StringBuilder roff) {
        boolean isExample = false;
        for (String text : footer) {
            if (text.equals("Examples:")) {
                roff.append(".SH EXAMPLES\n.nf\n");
                isExample = true;
            } else if (isExample) {
                roff.append(line(text.strip())).append("\n");
            } else if (!text.isEmpty()) {
                roff.append(".PP\n").append(line(text)).append("\n");
            }
        }
        roff.append(isExample ? ".fi\n" : "");
    }

    private static String firstSentence(String[] description) {
        return description.length == 0 ? "" : description[0].split("[.:]( |$)", 2)[0];
    }

    private static String quoted(String text) {
        return '"' + text(text).replace("\"", "\\(dq") + '"';
    }

    /** A backslash and a minus mean something else to man. */
    private static String text(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-");
    }

    /** A line that begins with a point or an apostrophe would be a command. */
    private static String line(String text) {
        String safe = text(text);
        return safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe;
    }
}
