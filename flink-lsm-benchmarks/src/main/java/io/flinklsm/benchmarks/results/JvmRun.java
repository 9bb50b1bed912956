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
package io.flinklsm.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * What one measuring JVM reported.
 *
 * @param peer the label of the backend it ran
 * @param group the label of its group of cases
 * @param round counts from 1 within one start of the program
 * @param heapMegabytes the JVM's heap
 * @param managedMegabytes managed memory of the slot
 * @param residentBytes the peak of its resident memory; 0 if unknown
 * @param samples one for each case of its group, in order
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record JvmRun(
        String peer,
        String group,
        int round,
        int heapMegabytes,
        int managedMegabytes,
        long residentBytes,
        List<Sample> samples) {
    public JvmRun {
        samples = List.copyOf(samples);
    }
}
