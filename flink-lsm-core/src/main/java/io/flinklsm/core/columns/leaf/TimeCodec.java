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

import io.flinklsm.core.bytes.ValueBuffer;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;

/**
 * Codecs of dates and times. Times that the readers of Parquet cannot show are not typed: years
 * outside 1 to 9999, and in nanoseconds those outside 1677 to 2262.
 */
public enum TimeCodec implements ScalarCodec {
    /** Milliseconds since 1970 in UTC; the smallest long is null. java.util.Date and its like. */
    MILLIS {
        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            long millis = in.readLong();
            if (millis == Long.MIN_VALUE) {
                return false;
            }
            in.check(millis >= MIN_SECOND * 1000 && millis < (MAX_SECOND + 1) * 1000);
            out.putLong(millis);
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            out.appendLong(in.longValue());
        }

        @Override
        public void assembleNull(ValueBuffer out) {
            out.appendLong(Long.MIN_VALUE);
        }
    },

    /** Milliseconds, and the nanoseconds of their second. */
    SQL_TIMESTAMP {
        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            long millis = in.readLong();
            int nanos = in.readInt();
            if (millis == Long.MIN_VALUE) {
                in.check(nanos == 0);
                return false;
            }
            in.check(Math.floorMod(millis, 1000) == nanos / NANOS_PER_MILLI);
            out.putLong(nanos(in, Math.floorDiv(millis, 1000L), nanos));
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            long nanos = in.longValue();
            out.appendLong(Math.floorDiv(nanos, (long) NANOS_PER_MILLI));
            out.appendInt((int) Math.floorMod(nanos, NANOS_PER_SECOND));
        }

        @Override
        public void assembleNull(ValueBuffer out) {
            out.appendLong(Long.MIN_VALUE);
            out.appendInt(0);
        }
    },

    /** Seconds and nanoseconds. */
    INSTANT {
        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            long seconds = in.readLong();
            int nanos = in.readInt();
            if (seconds == Long.MIN_VALUE) {
                in.check(nanos == Integer.MIN_VALUE);
                return false;
            }
            out.putLong(nanos(in, seconds, nanos));
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            long nanos = in.longValue();
            out.appendLong(Math.floorDiv(nanos, NANOS_PER_SECOND));
            out.appendInt((int) Math.floorMod(nanos, NANOS_PER_SECOND));
        }

        @Override
        public void assembleNull(ValueBuffer out) {
            out.appendLong(Long.MIN_VALUE);
            out.appendInt(Integer.MIN_VALUE);
        }
    },

    /** Year, month and day. */
    LOCAL_DATE {
        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            if (isNullDate(in)) {
                return false;
            }
            out.putInt((int) readDay(in));
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            appendDay(in.intValue(), out);
        }

        @Override
        public void assembleNull(ValueBuffer out) {
            appendNullDate(out);
        }
    },

    /** Hour, minute, second and nanoseconds. */
    LOCAL_TIME {
        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            if (isNullTime(in)) {
                return false;
            }
            out.putLong(readTime(in));
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            appendTime(in.longValue(), out);
        }

        @Override
        public void assembleNull(ValueBuffer out) {
            appendNullTime(out);
        }
    },

    /** A date and a time. */
    LOCAL_DATE_TIME {
        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            if (isNullDate(in)) {
                in.check(isNullTime(in));
                return false;
            }
            out.putLong(nanosOf(in, readDay(in), readTime(in)));
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            long nanos = in.longValue();
            appendDay(Math.floorDiv(nanos, NANOS_PER_DAY), out);
            appendTime(Math.floorMod(nanos, NANOS_PER_DAY), out);
        }

        @Override
        public void assembleNull(ValueBuffer out) {
            appendNullDate(out);
            appendNullTime(out);
        }
    };

    private static final long MIN_SECOND =
            LocalDate.of(1, 1, 1).atStartOfDay().toEpochSecond(ZoneOffset.UTC);
    private static final long MAX_SECOND =
            LocalDate.of(10000, 1, 1).atStartOfDay().toEpochSecond(ZoneOffset.UTC) - 1;

    /** Seconds whose nanoseconds fit a long, whatever follows the second. */
    private static final long MAX_SECOND_OF_NANOS = Long.MAX_VALUE / 1_000_000_000L - 1;

    static final long NANOS_PER_SECOND = 1_000_000_000L;
    static final long NANOS_PER_DAY = 86_400 * NANOS_PER_SECOND;
    private static final int NANOS_PER_MILLI = 1_000_000;

    /** Nanoseconds since 1970, if a long has room for them. */
    static long nanosOf(WireReader in, long epochDay, long nanosOfDay) throws NotTypedException {
        long second = epochDay * 86_400;
        in.check(Math.abs(second) < MAX_SECOND_OF_NANOS - 86_400);
        return second * NANOS_PER_SECOND + nanosOfDay;
    }

    private static long nanos(WireReader in, long second, int nanos) throws NotTypedException {
        in.check(nanos >= 0 && nanos < NANOS_PER_SECOND);
        in.check(second >= -MAX_SECOND_OF_NANOS && second <= MAX_SECOND_OF_NANOS);
        return second * NANOS_PER_SECOND + nanos;
    }

    /** Passes over the bytes that say that a date is null, if they are there. */
    private static boolean isNullDate(WireReader in) throws NotTypedException {
        if (in.peekInt() != Integer.MIN_VALUE) {
            return false;
        }
        in.readInt();
        in.check(in.readShort() == Short.MIN_VALUE);
        return true;
    }

    private static void appendNullDate(ValueBuffer out) {
        out.appendInt(Integer.MIN_VALUE);
        out.appendShort(Short.MIN_VALUE);
    }

    /** Days since 1970. */
    private static long readDay(WireReader in) throws NotTypedException {
        int year = in.readInt();
        int month = in.readByte();
        return day(in, year, month, in.readByte());
    }

    /** Days since 1970 of a date that there is. */
    static long day(WireReader in, int year, int month, int day) throws NotTypedException {
        in.check(year >= 1 && year <= 9999 && month >= 1 && month <= 12);
        in.check(day >= 1 && day <= 31);
        in.check(day <= 28 || day <= YearMonth.of(year, month).lengthOfMonth());
        return LocalDate.of(year, month, day).toEpochDay();
    }

    private static void appendDay(long epochDay, ValueBuffer out) {
        LocalDate date = LocalDate.ofEpochDay(epochDay);
        out.appendInt(date.getYear());
        out.append((byte) date.getMonthValue());
        out.append((byte) date.getDayOfMonth());
    }

    /** Passes over the bytes that say that a time is null, if they are there. */
    private static boolean isNullTime(WireReader in) throws NotTypedException {
        if (in.peekInt() >>> 24 != 0x80) {
            return false;
        }
        in.check(in.readByte() == 0x80);
        in.check(in.readShort() == Short.MIN_VALUE);
        in.check(in.readInt() == Integer.MIN_VALUE);
        return true;
    }

    private static void appendNullTime(ValueBuffer out) {
        out.append(Byte.MIN_VALUE);
        out.appendShort(Short.MIN_VALUE);
        out.appendInt(Integer.MIN_VALUE);
    }

    /** Nanoseconds of the day. */
    private static long readTime(WireReader in) throws NotTypedException {
        int hour = in.readByte();
        int minute = in.readByte();
        int second = in.readByte();
        return time(in, hour, minute, second, in.readInt());
    }

    /** Nanoseconds of the day, of a time that there is. */
    static long time(WireReader in, int hour, int minute, int second, int nanos)
            throws NotTypedException {
        in.check(hour < 24 && minute < 60 && second < 60);
        in.check(nanos >= 0 && nanos < NANOS_PER_SECOND);
        return ((hour * 60L + minute) * 60 + second) * NANOS_PER_SECOND + nanos;
    }

    private static void appendTime(long nanosOfDay, ValueBuffer out) {
        long seconds = nanosOfDay / NANOS_PER_SECOND;
        out.append((byte) (seconds / 3600));
        out.append((byte) (seconds / 60 % 60));
        out.append((byte) (seconds % 60));
        out.appendInt((int) (nanosOfDay % NANOS_PER_SECOND));
    }
}
