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

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.flinklsm.core.bytes.ValueBuffer;
import java.time.LocalDate;
import java.util.UUID;

/**
 * Objects of the JDK as Kryo 5 writes them with their class: the bytes of the class and of "not a
 * reference", which are the same for every value of a serializer, then the object. A null is one
 * zero byte.
 */
public final class KryoCodec implements ScalarCodec {

    private static final int NULL = 0;

    private final byte[] prefix;
    private final Form form;

    /**
     * @param prefix what stands before every value; not empty, and not a null's byte first
     */
    public KryoCodec(byte[] prefix, Form form) {
        if (prefix.length == 0 || prefix[0] == NULL) {
            throw new IllegalArgumentException("not a prefix of Kryo's: length=" + prefix.length);
        }
        this.prefix = prefix.clone();
        this.form = form;
    }

    @Override
    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
        int first = in.readByte();
        if (first == NULL) {
            return false;
        }
        in.check((byte) first == prefix[0]);
        for (int i = 1; i < prefix.length; i++) {
            in.check((byte) in.readByte() == prefix[i]);
        }
        form.shred(in, out);
        return true;
    }

    @Override
    public void assemble(LeafCursor in, ValueBuffer out) {
        out.append(prefix, 0, prefix.length);
        form.assemble(in, out);
    }

    @Override
    public void assembleNull(ValueBuffer out) {
        out.append((byte) NULL);
    }

    /** Puts text of ASCII alone. */
    static void putText(String text, LeafBuffer out) {
        byte[] target = out.ensure(text.length());
        for (int i = 0; i < text.length(); i++) {
            target[out.dataLength() + i] = (byte) text.charAt(i);
        }
        out.endBytes(text.length());
    }

    /** The cursor's value, of ASCII alone. */
    static String text(LeafCursor in) {
        return new String(in.bytes(), in.bytesFrom(), in.bytesLength(), ISO_8859_1);
    }

    /** What stands behind the class. */
    public enum Form {
        /**
         * Two longs, the lowest byte first. The column has the 36 characters that it is known by.
         */
        UUID {
            @Override
            void shred(WireReader in, LeafBuffer out) throws NotTypedException {
                long high = Long.reverseBytes(in.readLong());
                putText(new UUID(high, Long.reverseBytes(in.readLong())).toString(), out);
            }

            @Override
            void assemble(LeafCursor in, ValueBuffer out) {
                UUID id = java.util.UUID.fromString(text(in));
                out.appendLong(Long.reverseBytes(id.getMostSignificantBits()));
                out.appendLong(Long.reverseBytes(id.getLeastSignificantBits()));
            }
        },

        /** Year in groups of seven bits, month and day. */
        LOCAL_DATE {
            @Override
            void shred(WireReader in, LeafBuffer out) throws NotTypedException {
                out.putInt((int) readDay(in));
            }

            @Override
            void assemble(LeafCursor in, ValueBuffer out) {
                appendDay(in.intValue(), out);
            }
        },

        /** Hour, minute, second and nanoseconds, up to the last that is not zero. */
        LOCAL_TIME {
            @Override
            void shred(WireReader in, LeafBuffer out) throws NotTypedException {
                out.putLong(readTime(in));
            }

            @Override
            void assemble(LeafCursor in, ValueBuffer out) {
                appendTime(in.longValue(), out);
            }
        },

        /** A date and a time. */
        LOCAL_DATE_TIME {
            @Override
            void shred(WireReader in, LeafBuffer out) throws NotTypedException {
                out.putLong(TimeCodec.nanosOf(in, readDay(in), readTime(in)));
            }

            @Override
            void assemble(LeafCursor in, ValueBuffer out) {
                long nanos = in.longValue();
                appendDay(Math.floorDiv(nanos, TimeCodec.NANOS_PER_DAY), out);
                appendTime(Math.floorMod(nanos, TimeCodec.NANOS_PER_DAY), out);
            }
        };

        abstract void shred(WireReader in, LeafBuffer out) throws NotTypedException;

        abstract void assemble(LeafCursor in, ValueBuffer out);

        private static long readDay(WireReader in) throws NotTypedException {
            int year = readNumber(in);
            return TimeCodec.day(in, year, in.readByte(), in.readByte());
        }

        private static void appendDay(long epochDay, ValueBuffer out) {
            LocalDate date = LocalDate.ofEpochDay(epochDay);
            appendNumber(date.getYear(), out);
            out.append((byte) date.getMonthValue());
            out.append((byte) date.getDayOfMonth());
        }

        /** Nanoseconds of the day. The last part is inverted if zeros follow that are not there. */
        private static long readTime(WireReader in) throws NotTypedException {
            int[] parts = new int[3];
            for (int i = 0; i < parts.length; i++) {
                int part = (byte) in.readByte();
                parts[i] = part < 0 ? ~part : part;
                if (part < 0) {
                    // A last part of zero is left out with what follows it, but for the hour.
                    in.check(i == 0 || parts[i] != 0);
                    return TimeCodec.time(in, parts[0], parts[1], parts[2], 0);
                }
            }
            int nanos = readNumber(in);
            in.check(nanos != 0);
            return TimeCodec.time(in, parts[0], parts[1], parts[2], nanos);
        }

        private static void appendTime(long nanosOfDay, ValueBuffer out) {
            int nanos = (int) (nanosOfDay % TimeCodec.NANOS_PER_SECOND);
            long seconds = nanosOfDay / TimeCodec.NANOS_PER_SECOND;
            int[] parts = {(int) (seconds / 3600), (int) (seconds / 60 % 60), (int) (seconds % 60)};
            int last = parts.length;
            if (nanos == 0) {
                last = parts[2] != 0 ? 2 : parts[1] != 0 ? 1 : 0;
            }
            for (int i = 0; i < Math.min(last, parts.length); i++) {
                out.append((byte) parts[i]);
            }
            if (last < parts.length) {
                out.append((byte) ~parts[last]);
            } else {
                appendNumber(nanos, out);
            }
        }

        /** Groups of seven bits, the lowest first, no more than needed; never negative. */
        private static int readNumber(WireReader in) throws NotTypedException {
            int value = StringCodec.readInteger(in);
            in.check(value >= 0);
            return value;
        }

        private static void appendNumber(int value, ValueBuffer out) {
            StringCodec.writeInteger(value, out);
        }
    }
}
