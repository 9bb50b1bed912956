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

import io.flinklsm.core.check.Invariants;

/**
 * When writes wait for the background: not at all, a little for each written byte, or until
 * something is done. Pure.
 *
 * <p>Between the two triggers of level 0 the rate at which a writer may go falls from 64 MiB/s to 1
 * MiB/s, by the same factor for every further run: at first hardly felt, then enough for compaction
 * to catch up, and no cliff at the end. So it does while the bytes that compactions are behind with
 * grow from the one limit to the other. Whichever of the two asks for more decides.
 *
 * @param level0Slowdown runs of level 0 from which writes are slowed down
 * @param level0Stop runs of level 0 at which writes stop; above {@code level0Slowdown}
 * @param maxFrozen frozen generations of a tree at which writes stop
 * @param debtSlowdownBytes compaction debt of a tree from which its writes are slowed down
 * @param debtFullBytes compaction debt at which they are slowest; more than the former
 */
public record StallRule(
        int level0Slowdown,
        int level0Stop,
        int maxFrozen,
        long debtSlowdownBytes,
        long debtFullBytes) {

    private static final double FASTEST_BYTES_PER_SECOND = 64 << 20;
    private static final double SLOWEST_SHARE = 1.0 / 64;
    private static final double NANOS_PER_SECOND = 1e9;

    public StallRule {
        if (level0Slowdown < 1
                || level0Stop <= level0Slowdown
                || maxFrozen < 1
                || debtSlowdownBytes < 1
                || debtFullBytes <= debtSlowdownBytes) {
            throw new IllegalArgumentException(
                    "writes must slow down before they stop: level0Slowdown="
                            + level0Slowdown
                            + ", level0Stop="
                            + level0Stop
                            + ", maxFrozen="
                            + maxFrozen
                            + ", debtSlowdownBytes="
                            + debtSlowdownBytes
                            + ", debtFullBytes="
                            + debtFullBytes);
        }
    }

    public boolean mustStop(int level0Runs, int frozenGenerations) {
        Invariants.check(
                level0Runs >= 0 && frozenGenerations >= 0,
                "there are fewer runs or generations than none",
                "level0Runs",
                level0Runs,
                "frozen",
                frozenGenerations);
        return isLevel0Full(level0Runs) || frozenGenerations >= maxFrozen;
    }

    /** Whether it is level 0 that stops writes. */
    boolean isLevel0Full(int level0Runs) {
        return level0Runs >= level0Stop;
    }

    /**
     * How far the background lags behind: 0 not at all; from 1 on writes are slowed down.
     *
     * @param debtBytes what compactions of the tree have yet to read
     */
    public double pressure(int level0Runs, long debtBytes) {
        Invariants.check(
                level0Runs >= 0 && debtBytes >= 0,
                "a tree owes less than nothing",
                "level0Runs",
                level0Runs,
                "debtBytes",
                debtBytes);
        return Math.max(
                (double) level0Runs / level0Slowdown, (double) debtBytes / debtSlowdownBytes);
    }

    /**
     * How long a writer of so many bytes should rest; 0 below the triggers.
     *
     * @param debtBytes what compactions of the tree have yet to read
     */
    public long delayNanos(int level0Runs, long debtBytes, long writtenBytes) {
        if (level0Runs < level0Slowdown && debtBytes < debtSlowdownBytes) {
            return 0;
        }
        double runsWay =
                level0Runs < level0Slowdown
                        ? 0
                        : (double) (level0Runs - level0Slowdown + 1)
                                / (level0Stop - level0Slowdown);
        double debtWay =
                (double) (debtBytes - debtSlowdownBytes) / (debtFullBytes - debtSlowdownBytes);
        double way = Math.min(1.0, Math.max(runsWay, debtWay));
        double bytesPerSecond = FASTEST_BYTES_PER_SECOND * Math.pow(SLOWEST_SHARE, way);
        return (long) (writtenBytes / bytesPerSecond * NANOS_PER_SECOND);
    }
}
