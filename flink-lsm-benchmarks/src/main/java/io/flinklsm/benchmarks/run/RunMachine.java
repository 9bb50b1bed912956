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
package io.flinklsm.benchmarks.run;

import com.sun.management.OperatingSystemMXBean;
import io.flinklsm.benchmarks.results.RunConditions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarFile;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.jspecify.annotations.Nullable;

/** Finds out where a run takes place. What the machine does not tell is called unknown. */
final class RunMachine {

    private static final String UNKNOWN = "unknown";

    private RunMachine() {}

    /** The conditions of a run that begins now. */
    static RunConditions conditions(String scale, String command)
            throws IOException, InterruptedException {
        return new RunConditions(
                LocalDate.now(ZoneOffset.UTC).toString(),
                scale,
                command,
                commit(),
                versions(),
                machine(),
                0,
                loadAverage(),
                List.of());
    }

    /** The system's load average of the last minute; negative if it does not say. */
    static double loadAverage() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static String machine() throws IOException {
        OperatingSystemMXBean system =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return String.format(
                Locale.ROOT,
                "%s, %d processors, %.0f GB, %s %s",
                processor(),
                Runtime.getRuntime().availableProcessors(),
                system.getTotalMemorySize() / (double) (1L << 30),
                System.getProperty("os.name"),
                System.getProperty("os.version").replaceFirst("[^0-9.].*$", ""));
    }

    private static String processor() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (Files.isReadable(info)) {
            for (String line : Files.readAllLines(info)) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        }
        return System.getProperty("os.arch");
    }

    private static String versions() {
        return "flink-lsm "
                + manifestVersion()
                + ", Flink "
                + EnvironmentInformation.getVersion()
                + " with frocksdb "
                + jarVersion(org.rocksdb.RocksDB.class)
                + " and forst "
                + jarVersion(org.forstdb.RocksDB.class)
                + ", Java "
                + System.getProperty("java.vm.version");
    }

    private static String manifestVersion() {
        @Nullable String version =
                io.flinklsm.statebackend.LsmStateBackend.class
                        .getPackage()
                        .getImplementationVersion();
        return version == null ? "from the work tree" : version;
    }

    /** The version in the name of the jar that a class comes from. */
    private static String jarVersion(Class<?> type) {
        try {
            Path jar = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
            try (JarFile open = new JarFile(jar.toFile())) {
                String name = jar.getFileName().toString();
                return name.replaceFirst("^\\D+", "").replaceFirst("\\.jar$", "");
            }
        } catch (IOException | java.net.URISyntaxException notAJar) {
            return UNKNOWN;
        }
    }

    private static String commit() throws InterruptedException {
        String hash = git("rev-parse", "--short=12", "HEAD");
        if (hash.isEmpty()) {
            return UNKNOWN;
        }
        return git("status", "--porcelain", "--untracked-files=no").isEmpty()
                ? hash
                : hash + " with changes";
    }

    private static String git(String... arguments) throws InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "git";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            String out =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? out.strip() : "";
        } catch (IOException noGit) {
            // An unpacked archive has no history, and a machine need not have git.
            return "";
        }
    }
}
