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
package io.flinklsm.inspect.cli;

import io.flinklsm.inspect.health.HealthCheck;
import io.flinklsm.inspect.source.Checkpoint;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a checkpoint's health is judged by. Filled by picocli. */
public final class HealthOptions {

    @Option(
            names = "--quick",
            description = "Do not read states for the ages of entries and the times of timers.")
    boolean quick;

    @Option(
            names = "--min-bytes",
            paramLabel = "N",
            defaultValue = "" + HealthCheck.Request.DEFAULT_MIN_BYTES,
            description =
                    "States with less data are not judged by sizes. Default: ${DEFAULT-VALUE}.")
    long minBytes = HealthCheck.Request.DEFAULT_MIN_BYTES;

    @Mixin TimeOptions times = new TimeOptions();

    /**
     * What is asked of the checkpoint.
     *
     * @throws io.flinklsm.inspect.source.InspectException if what was typed is no time, duration or
     *     state
     */
    public HealthCheck.Request request(Checkpoint checkpoint, long nowMillis) {
        return new HealthCheck.Request(
                times.atMillis(checkpoint, nowMillis),
                times.ttlMillis(checkpoint),
                minBytes,
                quick);
    }
}
