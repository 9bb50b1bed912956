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
package io.flinklsm.benchmarks;

import java.util.List;

/**
 * What one measuring JVM reported.
 *
 * @param peer the backend it ran
 * @param samples one for each case of its group, in order
 * @param residentBytes the peak of its resident memory; 0 if unknown
 */
record JvmRun(Peer peer, List<Sample> samples, long residentBytes) {
    JvmRun {
        samples = List.copyOf(samples);
    }
}
