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
package io.flinklsm.core.compaction;

/**
 * Lets a compaction rest, so that it leaves the disk and the processor to others. Called by jobs
 * between entries; several jobs may share one.
 */
@FunctionalInterface
public interface CompactionPace {

    /** Never rests. */
    CompactionPace UNLIMITED = () -> {};

    /** Returns when the job may go on. */
    void rest();
}
