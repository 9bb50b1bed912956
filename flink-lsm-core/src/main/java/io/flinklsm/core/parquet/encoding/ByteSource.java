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
package io.flinklsm.core.parquet.encoding;

/**
 * Reads what {@link ByteSink} writes, never beyond the limit and never into a loop or an allocation
 * that the bytes do not justify. Confined to one thread.
 */
public final class ByteSource {

    private static final int MAX_DEPTH = 16;

    private static final byte[] NO_BYTES = new byte[0];

    private byte[] bytes = NO_BYTES;
    private int position;
    private int limit;

    public ByteSource set(byte[] source, int from, int to) {
        if (from < 0 || to < from || to > source.length) {
            throw new IndexOutOfBoundsException("from=" + from + ", to=" + to);
        }
        bytes = source;
        position = from;
        limit = to;
        return this;
    }

    public int position() {
        return position;
    }

    public int remaining() {
        return limit - position;
    }

    public int get() throws MalformedPageException {
        if (position >= limit) {
            throw new MalformedPageException("bytes end too early");
        }
        return bytes[position++] & 0xFF;
    }

    /** Consumes exactly this byte. */
    public void expect(int value, String what) throws MalformedPageException {
        int found = get();
        if (found != value) {
            throw new MalformedPageException(
                    what + " is malformed: found=" + found + ", expected=" + value);
        }
    }

    public long getVarint() throws MalformedPageException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = get();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw new MalformedPageException("an integer has too many bytes");
    }

    public int getZigZagInt() throws MalformedPageException {
        long value = getVarint();
        if (value >>> 32 != 0) {
            throw new MalformedPageException("an integer is out of range: value=" + value);
        }
        return (int) (value >>> 1) ^ -(int) (value & 1);
    }

    public long getZigZagLong() throws MalformedPageException {
        long value = getVarint();
        return (value >>> 1) ^ -(value & 1);
    }

    /** A non-negative count or length, at most {@code max}. */
    public int getSize(int max, String what) throws MalformedPageException {
        long value = getVarint();
        if (value < 0 || value > max) {
            throw new MalformedPageException(
                    what + " is too large: size=" + value + ", max=" + max);
        }
        return (int) value;
    }

    /** Passes over bytes; gives where they begin. */
    public int skip(int byteCount) throws MalformedPageException {
        if (byteCount < 0 || byteCount > limit - position) {
            throw new MalformedPageException("bytes end too early: wanted=" + byteCount);
        }
        int from = position;
        position += byteCount;
        return from;
    }

    /** Header of a list whose elements have the given type; gives the count. */
    public int getList(int type, String what) throws MalformedPageException {
        int header = get();
        if ((header & 0x0F) != type) {
            throw new MalformedPageException(what + " has elements of type " + (header & 0x0F));
        }
        // Each element takes a byte at least.
        int size = header >>> 4;
        return size < 15 ? size : getSize(remaining(), what);
    }

    /** Passes over a field of any type. */
    public void skipValue(int type) throws MalformedPageException {
        skipValue(type, 0);
    }

    private void skipValue(int type, int depth) throws MalformedPageException {
        if (depth > MAX_DEPTH) {
            throw new MalformedPageException("structures are nested too deep");
        }
        switch (type) {
            case ByteSink.TYPE_TRUE, ByteSink.TYPE_FALSE -> {}
            case 3 -> get();
            case 4, ByteSink.TYPE_I32, ByteSink.TYPE_I64 -> getVarint();
            case 7 -> skip(Long.BYTES);
            case ByteSink.TYPE_BINARY -> skip(getSize(remaining(), "a binary"));
            case ByteSink.TYPE_LIST, 10 -> {
                int header = get();
                int size = header >>> 4;
                if (size == 15) {
                    size = getSize(remaining(), "a list");
                }
                int element = header & 0x0F;
                boolean isBoolean = element == ByteSink.TYPE_TRUE || element == ByteSink.TYPE_FALSE;
                for (int i = 0; i < size; i++) {
                    skipValue(isBoolean ? 3 : element, depth + 1);
                }
            }
            case ByteSink.TYPE_STRUCT -> {
                for (int header = get(); header != 0; header = get()) {
                    if (header >>> 4 == 0) {
                        getVarint();
                    }
                    skipValue(header & 0x0F, depth + 1);
                }
            }
            default -> throw new MalformedPageException("unknown type: type=" + type);
        }
    }
}
