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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint with a POJO of the job, against jars in which the POJO has changed. */
final class FitCommandTest {

    @TempDir static Path root;

    private static Path checkpoint;
    private static Path savepoint;
    private static Path same;

    @BeforeAll
    static void takeCheckpoint() throws Exception {
        same = jar("same", "public String route = \"\"; public long minutes;");
        try (var classes = new URLClassLoader(new URL[] {same.toUri().toURL()});
                var sample = new SampleCheckpoint(root.resolve("job"))) {
            Class<?> trip = classes.loadClass("job.Trip");
            sample.write(3, 0)
                    .with("k1", backend -> add(SampleCheckpoint.state(backend, of(trip)), trip));
            savepoint = sample.takeCanonicalSavepoint(1);
            checkpoint = sample.take(2);
        }
    }

    private static <T> ListStateDescriptor<T> of(Class<T> type) {
        return new ListStateDescriptor<>("trips", TypeInformation.of(type));
    }

    @SuppressWarnings("unchecked")
    private static <T> void add(ListState<T> trips, Class<?> type) throws Exception {
        trips.add((T) type.getConstructor().newInstance());
    }

    /** A jar with a class {@code job.Trip}. */
    private static Path jar(String name, String members) throws IOException {
        Path directory = Files.createDirectories(root.resolve(name));
        Path source = Files.createDirectories(directory.resolve("job")).resolve("Trip.java");
        Files.writeString(source, "package job; public class Trip { " + members + " }");
        int failures =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-proc:none", source.toString());
        assertThat(failures).isZero();
        Path jar = root.resolve(name + ".jar");
        try (OutputStream out = Files.newOutputStream(jar);
                var entries = new JarOutputStream(out)) {
            entries.putNextEntry(new JarEntry("job/Trip.class"));
            Files.copy(directory.resolve("job/Trip.class"), entries);
            entries.closeEntry();
        }
        return jar;
    }

    @Test
    void theJarThatWroteItFits() {
        for (Path source : List.of(checkpoint, savepoint)) {
            Run run = Run.of("fit", "--timeout", "600", source.toString(), same.toString());

            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.golden(root))
                    .contains("remember  trips  value  fits\n", "remember  (all)  key  fits\n")
                    .doesNotContain("does not fit");
        }
    }

    @Test
    void aFieldThatCameIsAMigration() throws IOException {
        Path jar =
                jar("more", "public String route = \"\"; public long minutes; public int stops;");

        Run run = Run.of("fit", "--timeout", "600", checkpoint.toString(), jar.toString());

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.golden(root)).contains("trips  value  fits after migration");
        assertThat(run.out()).contains("job.Trip: fields came or went");
    }

    @Test
    void aFieldOfAnotherTypeDoesNotFit() throws IOException {
        Path jar = jar("other", "public String route = \"\"; public String minutes = \"\";");

        Run run =
                Run.of("fit", "--timeout", "600", "--json", checkpoint.toString(), jar.toString());

        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out())
                .contains("\"does_not_fit\"", "job.Trip: what was written has other types");
    }

    @Test
    void aClassThatIsMissingDoesNotFitAndIsNamed() throws IOException {
        Path jar = root.resolve("empty.jar");
        try (var entries = new JarOutputStream(Files.newOutputStream(jar))) {
            entries.putNextEntry(new JarEntry("nothing"));
        }

        Run run = Run.of("fit", "--timeout", "600", checkpoint.toString(), jar.toString());

        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).contains("its snapshot cannot be read", "job.Trip");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "static { Runtime.getRuntime().halt(7); }",
                "static { for (int i = 1; i > 0; i = 1) { Thread.onSpinWait(); } }"
            })
    void codeThatDoesNotBehaveEndsInASentence(String initializer) throws IOException {
        Path jar =
                jar(
                        "bad" + initializer.length(),
                        initializer + " public String route = \"\"; public long minutes;");

        Run run = Run.of("fit", "--timeout", "10", checkpoint.toString(), jar.toString());

        assertThat(run.exitCode()).as(run.out()).isEqualTo(3);
        assertThat(run.err()).containsAnyOf("ended early: exitCode=7", "do not come to an end");
    }

    @Test
    void secretsOfTheEnvironmentAndOtherHostsAreOutOfReach() throws IOException {
        Path jar =
                jar(
                        "spy",
                        "public String route = \"\"; public long minutes; static { String seen ="
                            + " \"env=\" + System.getenv().containsKey(\"PATH\"); try {"
                            + " java.net.InetAddress.getByName(\"example.org\"); seen +="
                            + " \",resolved\"; } catch (Exception e) { seen += \",unknown\"; } if"
                            + " (true) throw new IllegalStateException(seen); }");

        Run run = Run.of("fit", "--timeout", "600", checkpoint.toString(), jar.toString());

        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).contains("env=false,unknown");
    }

    @Test
    void whatIsNoJarOrHasNoSerializersIsToldByName() throws IOException {
        Run noJar = Run.of("fit", checkpoint.toString(), root.resolve("none.jar").toString());

        Path text = Files.writeString(root.resolve("text"), "no jar at all");
        Run ofText = Run.of("fit", checkpoint.toString(), text.toString());

        assertThat(ofText.exitCode()).isEqualTo(3);
        assertThat(ofText.err()).contains("text] is no jar: ", "give the job's jar.");
        assertThat(noJar.exitCode()).isEqualTo(3);
        assertThat(noJar.err()).contains("none.jar] there is no such file");
    }
}
