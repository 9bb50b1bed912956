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
package io.flinklsm.inspect.savepoint;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.SnappyFramedInputStream;

/**
 * What stands compressed in Snappy's frames, as Flink writes it. The library takes memory for what
 * a frame promises, up to 2 GiB for ten bytes: here no frame may promise more than one holds. What
 * is wrong with frames is a {@link SnapshotReader.MalformedException}, and a file that cannot be
 * read is the exception that it was.
 */
final class Frames extends InputStream {

    private final Guard guard;
    private final SnappyFramedInputStream in;

    Frames(InputStream stored) throws IOException {
        this.guard = new Guard(stored);
        try {
            this.in = new SnappyFramedInputStream(guard, true);
        } catch (IOException e) {
            throw told(e);
        }
    }

    private IOException told(IOException e) {
        return e == guard.failure
                ? e
                : new SnapshotReader.MalformedException(
                        "its frames are damaged: " + e.getMessage());
    }

    @Override
    public int read() throws IOException {
        try {
            return in.read();
        } catch (IOException e) {
            throw told(e);
        }
    }

    @Override
    public int read(byte[] target, int from, int length) throws IOException {
        try {
            return in.read(target, from, length);
        } catch (IOException e) {
            throw told(e);
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Passes the bytes on, after it has looked at the head of each frame. */
    private static final class Guard extends InputStream {

        private static final int COMPRESSED = 0;
        private static final int STORED = 1;
        private static final int HEAD_BYTES = 4;
        private static final int CHECKSUM_BYTES = 4;
        private static final int MAX_NUMBER_BYTES = 5;

        /** Of Snappy's framing format: what a frame holds, and the most that it then takes. */
        private static final int MAX_BYTES = 1 << 16;

        private static final int MAX_FRAME_BYTES = 32 + MAX_BYTES + MAX_BYTES / 6 + CHECKSUM_BYTES;

        private final InputStream stored;
        private final byte[] head = new byte[HEAD_BYTES + CHECKSUM_BYTES + MAX_NUMBER_BYTES];
        private int headLength;
        private int headAt;
        private int rest;
        private @Nullable IOException failure;

        Guard(InputStream stored) {
            this.stored = stored;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int from, int length) throws IOException {
            try {
                return pass(target, from, length);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }

        private int pass(byte[] target, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (headAt == headLength && rest == 0 && !nextFrame()) {
                return -1;
            }
            if (headAt < headLength) {
                int count = Math.min(length, headLength - headAt);
                System.arraycopy(head, headAt, target, from, count);
                headAt += count;
                return count;
            }
            int count = stored.read(target, from, Math.min(length, rest));
            rest -= Math.max(0, count);
            return count;
        }

        private boolean nextFrame() throws IOException {
            headAt = 0;
            headLength = stored.readNBytes(head, 0, HEAD_BYTES);
            if (headLength < HEAD_BYTES) {
                // The library says what is missing.
                return headLength > 0;
            }
            int kind = head[0] & 0xFF;
            int length = (head[1] & 0xFF) | (head[2] & 0xFF) << 8 | (head[3] & 0xFF) << 16;
            if (kind == COMPRESSED) {
                int wanted = Math.min(length, head.length - HEAD_BYTES);
                headLength += stored.readNBytes(head, HEAD_BYTES, wanted);
                check(length <= MAX_FRAME_BYTES && promised() <= MAX_BYTES);
            } else if (kind == STORED) {
                check(length <= MAX_BYTES + CHECKSUM_BYTES);
            }
            rest = length - (headLength - HEAD_BYTES);
            return headLength > 0;
        }

        /** The number in front of compressed bytes, seven bits a byte. */
        private long promised() {
            long number = 0;
            for (int i = HEAD_BYTES + CHECKSUM_BYTES; i < headLength; i++) {
                number |= (long) (head[i] & 0x7F) << 7 * (i - HEAD_BYTES - CHECKSUM_BYTES);
                if (head[i] >= 0) {
                    break;
                }
            }
            return number;
        }

        private static void check(boolean isPossible) throws IOException {
            if (!isPossible) {
                throw new SnapshotReader.MalformedException(
                        "a frame promises more than frames hold: limit=" + MAX_BYTES);
            }
        }
    }
}
