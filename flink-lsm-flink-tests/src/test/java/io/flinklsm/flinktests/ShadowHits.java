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
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Notes which test classes made a backend through the shadow factory: one name a line in the file
 * that the property {@code flinklsm.shadowHits} names, written anew by every test run. {@link
 * ShadowHitIT} reads it. Test classes run one after another; a test's Flink threads may call {@link
 * #record()} at any time.
 */
public final class ShadowHits implements TestExecutionListener {
    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();
    private static volatile String running = "";

    /** Called by the shadow factory for each backend that it makes. */
    public static void record() {
        String test = running;
        if (SEEN.add(test)) {
            try {
                Files.writeString(
                        file(), test + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        try {
            Files.createDirectories(file().getParent());
            Files.deleteIfExists(file());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        test.getSource()
                .filter(ClassSource.class::isInstance)
                .map(ClassSource.class::cast)
                .ifPresent(source -> running = source.getClassName());
    }

    private static Path file() {
        return Path.of(System.getProperty("flinklsm.shadowHits"));
    }
}
