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
package io.flinklsm.statebackend.life;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

@Timeout(60)
final class LinkedRecordsTest {

    /** Has a component of its own type, as well. */
    public record Chained(String text, Chained next) {}

    /** From JDK 19 on it is held softly, for as long as there is memory. */
    @EnabledForJreRange(max = JRE.JAVA_18)
    @Test
    void recordThatWasLinkedLastIsNotHeld() throws Exception {
        WeakReference<ClassLoader> ofJob = linkInJob();

        LinkedRecords.forgetLast();

        while (ofJob.get() != null) {
            assertThat(Thread.currentThread().isInterrupted()).as("still held").isFalse();
            System.gc();
        }
    }

    private static WeakReference<ClassLoader> linkInJob() throws Exception {
        ClassLoader ofJob =
                new ClassLoader(null) {
                    @Override
                    protected Class<?> findClass(String name) throws ClassNotFoundException {
                        String file = name.substring(name.lastIndexOf('.') + 1) + ".class";
                        try (InputStream in =
                                Objects.requireNonNull(
                                        LinkedRecordsTest.class.getResourceAsStream(file))) {
                            byte[] code = in.readAllBytes();
                            return defineClass(name, code, 0, code.length);
                        } catch (IOException e) {
                            throw new ClassNotFoundException(name, e);
                        }
                    }
                };
        Class<?> type = ofJob.loadClass(Chained.class.getName());
        Object first = type.getConstructor(String.class, type).newInstance("text", null);
        Object second = type.getConstructor(String.class, type).newInstance("text", first);
        assertThat(first.equals(second)).isFalse();
        assertThat(first.hashCode()).isNotEqualTo(second.hashCode());
        assertThat(second.toString()).contains("next=Chained[text=text, next=null]");
        return new WeakReference<>(ofJob);
    }
}
