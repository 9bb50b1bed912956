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
package io.flinklsm.core.sketch;

import io.flinklsm.core.bytes.OwnedSlice;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A sketch as text: Base64 of the bytes that docs/format.md#sketch describes. What is read may come
 * from a stranger, so every count is checked against the bytes that are left before memory is
 * taken.
 */
final class KeySketchCodec {

    /** A text this long has room for all that cannot be left out. */
    static final int TEXT_LENGTH_MIN = 1024;

    /** A longer text is none that a writer wrote. */
    static final int TEXT_LENGTH_MAX = 1 << 15;

    private static final int VERSION = 1;
    private static final int WHOLE_KEYS = 1;
    private static final int HASH_BYTES = KeySample.HASH_BITS / Byte.SIZE;

    private KeySketchCodec() {}

    static String write(KeySketch sketch, int textLength) {
        if (textLength < TEXT_LENGTH_MIN || textLength > TEXT_LENGTH_MAX) {
            throw new IllegalArgumentException("no length of a sketch: textLength=" + textLength);
        }
        int limit = textLength / 4 * 3;
        Bytes out = new Bytes();
        out.write(VERSION);
        out.write(sketch.wholeKeys() ? WHOLE_KEYS : 0);
        out.varint(sketch.keyCount());
        out.varint(sketch.entries());
        out.varint(sketch.bytes());
        out.varint(sketch.sizes().size());
        sketch.sizes().forEach(out::varint);
        out.writeBytes(groups(sketch.groups(), limit / 5));
        out.writeBytes(heaviest(sketch.heavy(), limit * 2 / 5));
        int room = Math.max(0, limit - out.size() - 8) / HASH_BYTES;
        KeySample sample = sketch.sample().cutTo(room);
        out.hash(sample.isComplete() ? 0 : sample.threshold());
        out.varint(sample.size());
        for (int i = 0; i < sample.size(); i++) {
            out.hash(sample.hash(i));
        }
        return Base64.getEncoder().withoutPadding().encodeToString(out.toByteArray());
    }

    private static byte[] groups(List<KeyGroupShare> all, int limit) {
        int count = all.size();
        while (true) {
            List<KeyGroupShare> shares = KeySketch.coarser(all, count);
            Bytes out = new Bytes();
            out.varint(shares.size());
            out.varint(shares.isEmpty() ? 1 : shares.get(0).groupCount());
            int next = 0;
            for (KeyGroupShare share : shares) {
                out.varint(share.firstGroup() - next);
                out.varint(share.entries());
                out.varint(share.bytes());
                next = share.firstGroup();
            }
            if (out.size() <= limit || count <= 1) {
                return out.toByteArray();
            }
            count = shares.size() / 2;
        }
    }

    /** By turns the largest and the one with the most entries, as long as there is room. */
    private static byte[] heaviest(HeavyKeys heavy, int limit) {
        List<HeavyKey> byEntries = new ArrayList<>(heavy.list());
        byEntries.sort(Comparator.comparingLong(key -> -key.entries()));
        Set<HeavyKey> kept = new HashSet<>();
        Bytes keys = new Bytes();
        for (int i = 0; i < byEntries.size(); i++) {
            for (HeavyKey key : List.of(heavy.list().get(i), byEntries.get(i))) {
                byte[] bytes = bytesOf(key);
                if (!kept.contains(key) && keys.size() + bytes.length <= limit) {
                    keys.writeBytes(bytes);
                    kept.add(key);
                }
            }
        }
        long omittedBytes = heavy.omittedBytes();
        long omittedEntries = heavy.omittedEntries();
        for (HeavyKey key : heavy.list()) {
            if (!kept.contains(key)) {
                omittedBytes = Math.max(omittedBytes, key.bytes());
                omittedEntries = Math.max(omittedEntries, key.entries());
            }
        }
        Bytes out = new Bytes();
        out.varint(omittedBytes);
        out.varint(omittedEntries);
        out.varint(kept.size());
        out.writeBytes(keys.toByteArray());
        return out.toByteArray();
    }

    private static byte[] bytesOf(HeavyKey key) {
        Bytes out = new Bytes();
        out.varint(key.key().length());
        out.writeBytes(key.key().bytesUnsafe());
        out.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(key.hash()).array());
        out.varint(key.entries());
        out.varint(key.tombstones());
        out.varint(key.bytes());
        return out.toByteArray();
    }

    static KeySketch read(String text) {
        if (text.length() > TEXT_LENGTH_MAX) {
            throw new IllegalArgumentException("a sketch is too long: characters=" + text.length());
        }
        ByteBuffer in = ByteBuffer.wrap(Base64.getDecoder().decode(text));
        try {
            int version = in.get();
            check(version == VERSION, "version", version);
            KeySketch sketch = readBody(in);
            check(!in.hasRemaining(), "bytes behind its end", in.remaining());
            return sketch;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a sketch is cut: bytes=" + in.limit(), e);
        }
    }

    private static KeySketch readBody(ByteBuffer in) {
        int flags = in.get();
        check(flags == 0 || flags == WHOLE_KEYS, "flags", flags);
        long keyCount = varint(in);
        long entries = varint(in);
        long bytes = varint(in);
        check(keyCount <= entries, "keys of fewer entries", keyCount);
        int sizeCount = count(in, Long.SIZE);
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < sizeCount; i++) {
            sizes.add(varint(in));
        }
        List<KeyGroupShare> groups = readGroups(in);
        long omittedBytes = varint(in);
        long omittedEntries = varint(in);
        int heavyCount = count(in, 2 * KeySketchBuilder.HEAVY_KEYS);
        List<HeavyKey> heaviest = new ArrayList<>();
        for (int i = 0; i < heavyCount; i++) {
            byte[] key = new byte[count(in, HeavyKey.KEY_BYTES_MAX)];
            in.get(key);
            heaviest.add(
                    new HeavyKey(
                            OwnedSlice.wrap(key),
                            in.getLong(),
                            varint(in),
                            varint(in),
                            varint(in)));
        }
        heaviest.sort(KeySketchBuilder.LARGEST_FIRST);
        return new KeySketch(
                flags == WHOLE_KEYS,
                keyCount,
                entries,
                bytes,
                sizes,
                groups,
                new HeavyKeys(heaviest, omittedBytes, omittedEntries),
                readSample(in));
    }

    private static List<KeyGroupShare> readGroups(ByteBuffer in) {
        int count = count(in, KeySketchBuilder.GROUP_SHARES);
        int width = count(in, 1 << Short.SIZE);
        List<KeyGroupShare> groups = new ArrayList<>();
        int first = 0;
        for (int i = 0; i < count; i++) {
            first += count(in, (1 << Short.SIZE) - first);
            groups.add(new KeyGroupShare(first, width, varint(in), varint(in)));
        }
        return groups;
    }

    private static KeySample readSample(ByteBuffer in) {
        long threshold = hash(in);
        int size = count(in, KeySketchBuilder.SAMPLE_HASHES);
        long[] hashes = new long[size];
        long limit = threshold == 0 ? KeySample.ALL : threshold;
        for (int i = 0; i < size; i++) {
            hashes[i] = hash(in);
            check(hashes[i] < limit && (i == 0 || hashes[i] > hashes[i - 1]), "hash", hashes[i]);
        }
        return new KeySample(limit, hashes);
    }

    private static int count(ByteBuffer in, int max) {
        long count = varint(in);
        check(count <= max, "count", count);
        return (int) count;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE - 1; shift += 7) {
            int next = in.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a sketch has a number that is too large");
    }

    private static long hash(ByteBuffer in) {
        long hash = 0;
        for (int i = 0; i < HASH_BYTES; i++) {
            hash = hash << Byte.SIZE | (in.get() & 0xFF);
        }
        return hash;
    }

    private static void check(boolean isFine, String what, long found) {
        if (!isFine) {
            throw new IllegalArgumentException(
                    "a sketch is malformed: what=" + what + ", found=" + found);
        }
    }

    /** Bytes on their way into the text: thousands, so they are put without a lock each. */
    private static final class Bytes {

        private byte[] bytes = new byte[64];
        private int size;

        void write(int value) {
            ensure(1)[size++] = (byte) value;
        }

        void writeBytes(byte[] more) {
            System.arraycopy(more, 0, ensure(more.length), size, more.length);
            size += more.length;
        }

        int size() {
            return size;
        }

        byte[] toByteArray() {
            return Arrays.copyOf(bytes, size);
        }

        private byte[] ensure(int more) {
            if (more > bytes.length - size) {
                bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
            }
            return bytes;
        }

        /** Seven bits a byte, lowest first; at most nine bytes, so numbers below 2^63. */
        void varint(long value) {
            long rest = value;
            while (rest >= 0x80) {
                write((int) (rest | 0x80));
                rest >>>= 7;
            }
            write((int) rest);
        }

        /** Big-endian. */
        void hash(long hash) {
            byte[] target = ensure(HASH_BYTES);
            for (int shift = KeySample.HASH_BITS - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
                target[size++] = (byte) (hash >>> shift);
            }
        }
    }
}
