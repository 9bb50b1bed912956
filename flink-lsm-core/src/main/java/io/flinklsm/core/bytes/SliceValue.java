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

import java.io.InputStream;
import java.util.Objects;

/**
 * The bytes of a slice as a {@link LargeValue}.
 *
 * @param slice borrowed; no other code points it elsewhere
 */
record SliceValue(Slice slice) implements LargeValue {

    @Override
    public long length() {
        return slice.length();
    }

    @Override
    public InputStream open() {
        return new SliceStream(slice);
    }

    /** Reads a slice, also one of native memory. */
    private static final class SliceStream extends InputStream {

        private final Slice slice;
        private final Slice part = new Slice();
        private int position;

        SliceStream(Slice slice) {
            this.slice = slice;
        }

        @Override
        public int read() {
            return position < slice.length() ? slice.byteAt(position++) & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int at, int byteCount) {
            Objects.checkFromIndexSize(at, byteCount, target.length);
            int count = Math.min(byteCount, slice.length() - position);
            if (count <= 0) {
                return byteCount == 0 ? 0 : -1;
            }
            part.setRaw(slice.rawBase(), slice.rawOffset() + position, count).copyTo(target, at);
            position += count;
            return count;
        }

        @Override
        public int available() {
            return slice.length() - position;
        }
    }
}
