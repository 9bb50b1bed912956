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
package io.flinklsm.core.storage.tiered;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.storage.FileReads;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Chunks in a sparse local file of the remote file's length, each at its own place, beside a bitmap
 * in memory: once all are here, the file is a copy. It is written through a stream that an
 * interrupt of the writing thread does not close.
 */
final class ChunkFile implements Chunks {

    private final Path path;
    private final long size;
    private final int count;
    private final StorageInput input;

    /** A bit is set after its chunk was written. */
    private final AtomicLongArray present;

    // Guarded by this.
    private final RandomAccessFile file;
    private int presentCount;
    private long presentBytes;
    private boolean closed;

    private ChunkFile(Path path, long size, RandomAccessFile file, StorageInput input) {
        this.path = path;
        this.size = size;
        this.count = Chunks.count(size);
        this.file = file;
        this.input = input;
        this.present = new AtomicLongArray((count + Long.SIZE - 1) / Long.SIZE);
    }

    /** A file without chunks; a leftover of that name is lost. */
    static ChunkFile create(Path path, long size, FileReads reads) throws IOException {
        if (size < 0) {
            throw new IllegalArgumentException("a file has fewer bytes than none: size=" + size);
        }
        Files.deleteIfExists(path);
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            file.setLength(size);
            return new ChunkFile(path, size, file, reads.open(path));
        } catch (IOException | RuntimeException | Error e) {
            try {
                file.close();
                Files.deleteIfExists(path);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    Path path() {
        return path;
    }

    @Override
    public boolean has(int chunk) {
        return (present.get(chunk >>> 6) & 1L << (chunk & 63)) != 0;
    }

    @Override
    public boolean read(long position, byte[] target, int at, int byteCount) throws IOException {
        Invariants.check(
                byteCount > 0 && Chunks.at(position) == Chunks.at(position + byteCount - 1),
                "a read leaves its chunk",
                "position",
                position,
                "byteCount",
                byteCount);
        if (!has(Chunks.at(position))) {
            return false;
        }
        input.readFully(position, target, at, byteCount);
        return true;
    }

    @Override
    public synchronized void put(int chunk, byte[] bytes, int from, int byteCount)
            throws IOException {
        Invariants.check(
                byteCount == Math.min(Chunks.BYTES, size - Chunks.offset(chunk)),
                "a chunk has other bytes",
                "chunk",
                chunk,
                "byteCount",
                byteCount);
        if (closed || has(chunk)) {
            return;
        }
        file.seek(Chunks.offset(chunk));
        file.write(bytes, from, byteCount);
        presentCount++;
        presentBytes += byteCount;
        Invariants.check(
                presentCount <= count && presentBytes <= size,
                "more is here than the file has",
                "chunks",
                presentCount,
                "bytes",
                presentBytes);
        present.accumulateAndGet(chunk >>> 6, 1L << (chunk & 63), (word, bit) -> word | bit);
    }

    synchronized boolean isComplete() {
        Invariants.check(
                (presentCount == count) == (presentBytes == size),
                "chunks and bytes of a file do not agree",
                "chunks",
                presentCount,
                "bytes",
                presentBytes);
        return presentCount == count;
    }

    @Override
    public synchronized long presentBytes() {
        return presentBytes;
    }

    /** The remote file's length. */
    long size() {
        return size;
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (file) {
            input.close();
        } finally {
            Files.deleteIfExists(path);
        }
    }
}
