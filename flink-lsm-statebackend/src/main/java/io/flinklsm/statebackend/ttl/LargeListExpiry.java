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
package io.flinklsm.statebackend.ttl;

import io.flinklsm.core.bytes.LargeValue;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Drops the expired elements of a list that is too large to be held: reads it once from its first
 * byte to its last and remembers which parts of it stay. Used once, on one thread.
 */
final class LargeListExpiry {

    private static final int BUFFER_BYTES = 64 << 10;

    private final TtlEntryFilter.ExpiryTest expiry;
    private final TypeSerializer<?> elementSerializer;
    private final LargeValue value;

    // What stays: from, to, from, to, …; each part is followed by a delimiter in the value.
    private long[] kept = new long[8];
    private int keptCount;
    private boolean isAllKept = true;

    /**
     * @param elementSerializer used by this thread only
     */
    LargeListExpiry(
            TtlEntryFilter.ExpiryTest expiry,
            TypeSerializer<?> elementSerializer,
            LargeValue value) {
        this.expiry = expiry;
        this.elementSerializer = elementSerializer;
        this.value = value;
    }

    /** The value if all of it stays, what stays of it, or null if nothing does. */
    @Nullable LargeValue filter() throws IOException {
        try (ElementStream elements =
                new ElementStream(new BufferedInputStream(value.open(), BUFFER_BYTES))) {
            while (elements.position < value.length()) {
                readElement(elements);
            }
        }
        if (isAllKept) {
            return value;
        }
        return keptCount == 0 ? null : new Parts(value, Arrays.copyOf(kept, keptCount));
    }

    private void readElement(ElementStream elements) throws IOException {
        long from = elements.position;
        elements.begin();
        try {
            int fixedLength = elementSerializer.getLength();
            if (fixedLength > 0) {
                elements.skipNBytes(fixedLength);
            } else {
                elementSerializer.deserialize(new DataInputViewStreamWrapper(elements));
            }
        } catch (IOException e) {
            IOException ofFile = elements.failure;
            if (ofFile != null) {
                throw ofFile;
            }
            throw notElements(from, e);
        }
        long to = elements.position;
        if (to - from < Long.BYTES) {
            throw notElements(from, null);
        }
        if (expiry.isExpired(elements.timestamp)) {
            isAllKept = false;
        } else {
            keep(from, to);
        }
        if (to < value.length() && elements.read() < 0) {
            throw notElements(to, null);
        }
    }

    private void keep(long from, long to) {
        if (keptCount > 0 && kept[keptCount - 1] + 1 == from) {
            kept[keptCount - 1] = to;
            return;
        }
        if (keptCount == kept.length) {
            kept = Arrays.copyOf(kept, 2 * keptCount);
        }
        kept[keptCount++] = from;
        kept[keptCount++] = to;
    }

    private FlinkRuntimeException notElements(long from, @Nullable IOException cause) {
        return new FlinkRuntimeException(
                "a list with TTL is not a sequence of its elements: bytes="
                        + value.length()
                        + ", element from="
                        + from
                        + "; the state is damaged, restore an earlier checkpoint",
                cause);
    }

    /** Counts what is read, and keeps the timestamp that an element begins with. */
    private static final class ElementStream extends FilterInputStream {

        private long position;
        private long timestamp;
        private int timestampBytes;
        private @Nullable IOException failure;

        ElementStream(InputStream in) {
            super(in);
        }

        void begin() {
            timestamp = 0;
            timestampBytes = 0;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int at, int byteCount) throws IOException {
            int count;
            try {
                count = super.read(target, at, byteCount);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
            for (int i = 0; i < count && timestampBytes < Long.BYTES; i++) {
                timestamp = timestamp << Byte.SIZE | target[at + i] & 0xFF;
                timestampBytes++;
            }
            position += Math.max(0, count);
            return count;
        }

        /** By reading, so that the timestamp is seen. */
        @Override
        public long skip(long byteCount) throws IOException {
            byte[] skipped = new byte[(int) Math.min(byteCount, BUFFER_BYTES)];
            return Math.max(0, read(skipped, 0, skipped.length));
        }
    }

    /** Parts of a value, a delimiter between two of them. */
    private record Parts(LargeValue value, long[] fromTo) implements LargeValue {

        @Override
        public long length() {
            long length = fromTo.length / 2 - 1L;
            for (int i = 0; i < fromTo.length; i += 2) {
                length += fromTo[i + 1] - fromTo[i];
            }
            return length;
        }

        @Override
        public InputStream open() throws IOException {
            return new PartsStream(value.open(), fromTo);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    private static final class PartsStream extends FilterInputStream {

        private final long[] fromTo;
        private int part;
        private long position;

        PartsStream(InputStream in, long[] fromTo) {
            super(in);
            this.fromTo = fromTo;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int at, int byteCount) throws IOException {
            Objects.checkFromIndexSize(at, byteCount, target.length);
            if (byteCount == 0) {
                return 0;
            }
            if (part == fromTo.length) {
                // To its end, where the value's own stream checks it.
                in.transferTo(OutputStream.nullOutputStream());
                return -1;
            }
            in.skipNBytes(Math.max(0, fromTo[part] - position));
            position = Math.max(position, fromTo[part]);
            boolean isLast = part + 2 == fromTo.length;
            // The delimiter behind a part stands between it and the next one.
            long end = isLast ? fromTo[part + 1] : fromTo[part + 1] + 1;
            int count = in.read(target, at, (int) Math.min(byteCount, end - position));
            position += Math.max(0, count);
            if (position == end) {
                part += 2;
            }
            return count;
        }
    }
}
