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
package io.flinklsm.core.parquet.page;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.storage.StorageOutput;
import java.io.IOException;
import java.util.zip.CRC32C;

/**
 * The file being written: bytes from the heap and from native memory, and the checksum of those
 * before {@link #startTail}, and of those since. Does not own the output. Confined to one thread.
 */
public final class ChecksummedOutput implements PageSink {

    private final StorageOutput output;
    private final byte[] copy = new byte[16 << 10];
    private final CRC32C checksum = new CRC32C();

    public ChecksummedOutput(StorageOutput output) {
        this.output = output;
    }

    @Override
    public long length() {
        return output.position();
    }

    @Override
    public void append(byte[] bytes, int from, int byteCount) throws IOException {
        checksum.update(bytes, from, byteCount);
        output.write(bytes, from, byteCount);
    }

    public void writeNative(long address, int byteCount) throws IOException {
        for (int done = 0; done < byteCount; done += copy.length) {
            int part = Math.min(copy.length, byteCount - done);
            RawMemory.copy(null, address + done, copy, RawMemory.BYTE_ARRAY_OFFSET, part);
            append(copy, 0, part);
        }
    }

    /** Begins with the tail; gives the checksum of all that stands before it. */
    public int startTail() {
        int before = (int) checksum.getValue();
        checksum.reset();
        return before;
    }

    /** The checksum of the tail so far, followed by these bytes. */
    public int checksumWith(byte[] more) {
        checksum.update(more, 0, more.length);
        return (int) checksum.getValue();
    }
}
