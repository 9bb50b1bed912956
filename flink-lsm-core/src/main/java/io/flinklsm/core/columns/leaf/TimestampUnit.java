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
package io.flinklsm.core.columns.leaf;

/**
 * What the column of a timestamp counts since 1970, within what other engines have room for: 64
 * bits of microseconds, or of nanoseconds.
 */
public enum TimestampUnit {
    MILLIS(Annotation.Kind.TIMESTAMP_MILLIS, 1, TimestampUnit.MAX_MILLIS),
    MICROS(Annotation.Kind.TIMESTAMP_MICROS, 1_000, TimestampUnit.MAX_MILLIS),
    NANOS(Annotation.Kind.TIMESTAMP_NANOS, 1_000_000, 9_223_286_399_999L);

    /** The first midnight that 64 bits of microseconds before 1970 still reach, less one. */
    private static final long MAX_MILLIS = 9_223_372_022_399_999L;

    private static final int NANOS_PER_MILLI = 1_000_000;

    private final Annotation.Kind kind;
    private final int perMilli;
    private final long maxMillis;

    TimestampUnit(Annotation.Kind kind, int perMilli, long maxMillis) {
        this.kind = kind;
        this.perMilli = perMilli;
        this.maxMillis = maxMillis;
    }

    /** For so many digits of a second. */
    public static TimestampUnit of(int precision) {
        if (precision < 0 || precision > 9) {
            throw new IllegalArgumentException(
                    "no timestamp has these digits: precision=" + precision);
        }
        return precision <= 3 ? MILLIS : precision <= 6 ? MICROS : NANOS;
    }

    public Annotation annotation(boolean isUtc) {
        return Annotation.timestamp(kind, isUtc);
    }

    public long maxMillis() {
        return maxMillis;
    }

    /** The least count that a column has room for. */
    long minCount() {
        return -maxMillis * perMilli;
    }

    /** The greatest count that a column has room for. */
    long maxCount() {
        return maxMillis * perMilli + perMilli - 1;
    }

    /**
     * @throws NotTypedException if it is no whole count, or out of range
     */
    public long count(long millis, int nanosOfMilli) throws NotTypedException {
        int nanosPerUnit = NANOS_PER_MILLI / perMilli;
        if (millis < -maxMillis
                || millis > maxMillis
                || nanosOfMilli < 0
                || nanosOfMilli >= NANOS_PER_MILLI
                || nanosOfMilli % nanosPerUnit != 0) {
            throw NotTypedException.INSTANCE;
        }
        return millis * perMilli + nanosOfMilli / nanosPerUnit;
    }

    public long millis(long count) {
        return Math.floorDiv(count, (long) perMilli);
    }

    public int nanosOfMilli(long count) {
        return (int) Math.floorMod(count, (long) perMilli) * (NANOS_PER_MILLI / perMilli);
    }
}
