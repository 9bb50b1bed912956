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
 * When and how much is compacted.
 *
 * @param level0Trigger runs of level 0 (size-tiered: all runs) that start a compaction
 * @param targetFileBytes outputs are split at about this size
 * @param levelBaseBytes size of level 1 from which it spills to level 2
 * @param levelSizeRatio how many times larger each next level may be
 */
public record CompactionOptions(
        int level0Trigger, long targetFileBytes, long levelBaseBytes, int levelSizeRatio) {

    /**
     * Levels are 0 to this one, which may grow without bound: 256 MiB × 10^5 is above any state.
     */
    public static final int DEEPEST_LEVEL = 6;

    /** One run alone is already compacted. */
    public static final int MIN_LEVEL0_TRIGGER = 2;

    public CompactionOptions {
        if (level0Trigger < MIN_LEVEL0_TRIGGER
                || targetFileBytes < 1
                || levelBaseBytes < 1
                || levelSizeRatio < 2) {
            throw new IllegalArgumentException(
                    "compaction options out of range: level0Trigger="
                            + level0Trigger
                            + " ("
                            + MIN_LEVEL0_TRIGGER
                            + " or more), targetFileBytes="
                            + targetFileBytes
                            + ", levelBaseBytes="
                            + levelBaseBytes
                            + " (1 or more), levelSizeRatio="
                            + levelSizeRatio
                            + " (2 or more)");
        }
    }

    /**
     * How much a level may hold before it spills to the next.
     *
     * @param level 1 or more
     */
    public long levelBytes(int level) {
        if (level < 1) {
            throw new IllegalArgumentException(
                    "level 0 is not limited by its size: level=" + level);
        }
        if (level >= DEEPEST_LEVEL) {
            return Long.MAX_VALUE;
        }
        double bytes = levelBaseBytes * Math.pow(levelSizeRatio, level - 1);
        return bytes >= Long.MAX_VALUE ? Long.MAX_VALUE : (long) bytes;
    }
}
