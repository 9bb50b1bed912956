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
package io.flinklsm.core.write;

/**
 * How far the background may lag behind before writes are slowed down and then wait, checked when
 * made.
 *
 * @param level0Slowdown sorted runs of level 0 from which writes are slowed down, more and more
 * @param level0Stop sorted runs of level 0 at which writes wait
 * @param maxFrozenMemtables frozen memtables of one tree at which writes wait
 */
public record WriteLimits(int level0Slowdown, int level0Stop, int maxFrozenMemtables) {

    public WriteLimits {
        if (level0Slowdown < 1 || level0Slowdown >= level0Stop) {
            throw new IllegalArgumentException(
                    "[level0Stop] is out of range: found="
                            + level0Stop
                            + "; give more than level0Slowdown="
                            + level0Slowdown
                            + ", which is 1 or more");
        }
        if (maxFrozenMemtables < 1) {
            throw new IllegalArgumentException(
                    "[maxFrozenMemtables] is out of range: found="
                            + maxFrozenMemtables
                            + "; give 1 or more");
        }
    }
}
