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
package io.flinklsm.core.bytes;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/**
 * Several values as one, each opened when it is reached and closed when it is left.
 *
 * @param parts at least one
 * @param separator stands between two of them
 */
record JoinedValue(List<LargeValue> parts, byte separator) implements LargeValue {

    JoinedValue {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("nothing is joined: separator=" + separator);
        }
    }

    @Override
    public long length() {
        long length = parts.size() - 1L;
        for (LargeValue part : parts) {
            length += part.length();
        }
        return length;
    }

    @Override
    public InputStream open() {
        return new JoinedStream();
    }

    private final class JoinedStream extends InputStream {

        private final byte[] one = new byte[1];
        private InputStream current = InputStream.nullInputStream();
        private int next;
        private boolean isSeparatorDue;

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int at, int byteCount) throws IOException {
            Objects.checkFromIndexSize(at, byteCount, target.length);
            if (byteCount == 0) {
                return 0;
            }
            int count = current.read(target, at, byteCount);
            while (count < 0) {
                if (next == parts.size()) {
                    return -1;
                }
                current.close();
                if (isSeparatorDue) {
                    current = new ByteArrayInputStream(new byte[] {separator});
                } else {
                    current = parts.get(next++).open();
                }
                isSeparatorDue = !isSeparatorDue && next < parts.size();
                count = current.read(target, at, byteCount);
            }
            return count;
        }

        @Override
        public void close() throws IOException {
            current.close();
        }
    }
}
