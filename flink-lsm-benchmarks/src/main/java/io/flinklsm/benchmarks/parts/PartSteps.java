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
package io.flinklsm.benchmarks.parts;

import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.RunOptions;
import io.flinklsm.benchmarks.run.Step;
import java.util.List;

/** All JMH benchmarks of the parts in short, as a step of a run. */
public final class PartSteps {

    /** What the results of parts are filed under. */
    public static final String GROUP = "parts";

    /** What is measured, in a line. */
    public static final String DESCRIPTION = "JMH benchmarks of the engine's parts, in short";

    private static final int HEAP_MEGABYTES = 1024;

    private PartSteps() {}

    /** One JVM, unless other backends than ours were asked for. */
    public static List<Step> ofRun(RunOptions options) {
        if (!options.peers().isEmpty() && !options.peers().contains(Peer.LSM)) {
            return List.of();
        }
        return List.of(
                new Step(
                        GROUP,
                        Peer.LSM,
                        1,
                        // The benchmarks open budgets of their own.
                        new Step.Memory(options.heapMegabytes(HEAP_MEGABYTES), 0),
                        List.of(),
                        PartsJvm.class,
                        List.of(options.scaleName()),
                        List.of()));
    }
}
