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
package io.flinklsm.core.storage.tiered;

import java.util.concurrent.atomic.LongAdder;

/** Counts what a {@link TieredStorage} does. Safe for any thread. */
final class TieredCounters {

    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder remoteRequests = new LongAdder();
    final LongAdder remoteBytes = new LongAdder();
    final LongAdder retries = new LongAdder();
    final LongAdder notKept = new LongAdder();
    final LongAdder evictions = new LongAdder();
    final LongAdder earlyUploads = new LongAdder();
    final LongAdder remoteOutputs = new LongAdder();
}
