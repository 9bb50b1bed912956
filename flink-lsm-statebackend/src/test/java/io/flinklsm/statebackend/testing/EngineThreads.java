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
package io.flinklsm.statebackend.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The threads of backends that begin after this was made. Other tests that ran in the same process
 * may have left some: Flink's suites do not dispose all of their backends.
 */
public final class EngineThreads {

    private final Set<Thread> before = alive();

    /** Those that do not end; a pool that has ended has only told its threads to. */
    public List<String> left() throws InterruptedException {
        List<String> names = new ArrayList<>();
        for (Thread thread : alive()) {
            if (before.contains(thread)) {
                continue;
            }
            thread.join(TimeUnit.SECONDS.toMillis(20));
            if (thread.isAlive()) {
                names.add(thread.getName());
            }
        }
        return names;
    }

    private static Set<Thread> alive() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().contains("lsm"))
                .collect(Collectors.toSet());
    }
}
