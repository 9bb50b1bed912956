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
package io.flinklsm.flinktests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Notes which test classes made a backend through the shadow factory: a file of the class's name in
 * the directory that the property {@code flinklsm.shadowHits} names. {@link ShadowHitIT} reads
 * them. Test classes run one after another in a JVM; several JVMs may share the directory. A test's
 * Flink threads may call {@link #record()} at any time.
 */
public final class ShadowHits implements TestExecutionListener {
    private static final AtomicReference<String> RUNNING = new AtomicReference<>("none");

    /** Called by the shadow factory for each backend that it makes. */
    public static void record() {
        try {
            Path file = file(RUNNING.get());
            Files.createDirectories(file.getParent());
            Files.writeString(file, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forgets what an earlier run noted of the class that starts now. */
    @Override
    public void executionStarted(TestIdentifier test) {
        test.getSource()
                .filter(ClassSource.class::isInstance)
                .map(source -> ((ClassSource) source).getClassName())
                .ifPresent(
                        name -> {
                            RUNNING.set(name);
                            try {
                                Files.deleteIfExists(file(name));
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
    }

    private static Path file(String testClass) {
        return Path.of(System.getProperty("flinklsm.shadowHits"), testClass);
    }
}
