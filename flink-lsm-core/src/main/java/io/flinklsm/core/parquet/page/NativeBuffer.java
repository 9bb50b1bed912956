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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.BudgetedMemory;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.parquet.encoding.BloomFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Bytes that wait in native memory until they can be written: a list of chunks out of the budget.
 * Confined to one thread; the owner closes it.
 */
public final class NativeBuffer implements PageSink, AutoCloseable {

    static final int MAX_CHUNK_BYTES = 64 << 10;

    private static final int MIN_CHUNK_BYTES = 1 << 10;

    private final BudgetedMemory memory;
    private final List<MemoryBlock> chunks = new ArrayList<>();
    private long length;
    private int lastUsed;
    private int lastSize;

    public NativeBuffer(BudgetedMemory memory) {
        this.memory = memory;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public void append(byte[] bytes, int from, int byteCount) throws IOException {
        Objects.checkFromIndexSize(from, byteCount, bytes.length);
        int done = 0;
        while (done < byteCount) {
            if (lastUsed == lastSize) {
                addChunk();
            }
            int part = Math.min(byteCount - done, lastSize - lastUsed);
            RawMemory.copy(
                    bytes,
                    RawMemory.BYTE_ARRAY_OFFSET + from + done,
                    null,
                    chunks.get(chunks.size() - 1).address() + lastUsed,
                    part);
            lastUsed += part;
            length += part;
            done += part;
        }
    }

    /** Appends a number in the machine's byte order; use only with {@link #addAllTo}. */
    public void appendLong(long value) throws IOException {
        Invariants.check(
                length % Long.BYTES == 0, "the buffer has numbers alone", "length", length);
        if (lastUsed == lastSize) {
            addChunk();
        }
        RawMemory.putLong(null, chunks.get(chunks.size() - 1).address() + lastUsed, value);
        Invariants.check(
                lastUsed + Long.BYTES <= lastSize,
                "a number does not fit into its chunk",
                "used",
                lastUsed,
                "size",
                lastSize);
        lastUsed += Long.BYTES;
        length += Long.BYTES;
    }

    /** Hands every number that {@link #appendLong} took to the filter. */
    public void addAllTo(long bloomAddress, int bloomBytes) {
        Invariants.check(length % Long.BYTES == 0, "the buffer has numbers alone");
        for (int chunk = 0; chunk < chunks.size(); chunk++) {
            long from = chunks.get(chunk).address();
            long to = from + used(chunk);
            for (long at = from; at < to; at += Long.BYTES) {
                BloomFilter.add(bloomAddress, bloomBytes, RawMemory.getLong(null, at));
            }
        }
    }

    /** Writes everything and stays as it is. */
    public void writeTo(ChecksummedOutput out) throws IOException {
        for (int chunk = 0; chunk < chunks.size(); chunk++) {
            out.writeNative(chunks.get(chunk).address(), used(chunk));
        }
    }

    /** Gives all memory back; the buffer is empty then and can be used again. */
    public void clear() {
        for (MemoryBlock chunk : chunks) {
            chunk.release();
        }
        chunks.clear();
        length = 0;
        lastUsed = 0;
        lastSize = 0;
    }

    @Override
    public void close() {
        clear();
    }

    private int used(int chunk) {
        return chunk == chunks.size() - 1 ? lastUsed : chunks.get(chunk).sizeBytes();
    }

    private void addChunk() throws IOException {
        // Small files take small chunks, and sizes that are powers of two.
        int size =
                lastSize == 0
                        ? MIN_CHUNK_BYTES
                        : Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, lastSize * 2));
        MemoryBlock chunk = memory.allocateUpTo(size, MIN_CHUNK_BYTES);
        Invariants.check(
                chunk.sizeBytes() % Long.BYTES == 0,
                "numbers do not fill a chunk",
                "sizeBytes",
                chunk.sizeBytes());
        chunks.add(chunk);
        lastUsed = 0;
        lastSize = chunk.sizeBytes();
    }
}
