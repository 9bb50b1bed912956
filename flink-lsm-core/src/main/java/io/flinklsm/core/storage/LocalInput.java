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
package io.flinklsm.core.storage;

import io.flinklsm.core.bytes.RawMemory;
import java.io.EOFException;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file of a {@link LocalStorage} in memory maps of at most {@link #SEGMENT_BYTES}. Readers are
 * counted, so that {@link #close} never unmaps under one of them: the last to leave does it.
 */
public final class LocalInput implements StorageInput {

    private static final int SEGMENT_SHIFT = 30;
    private static final int SEGMENT_BYTES = 1 << SEGMENT_SHIFT;

    /** In {@link #users}: no new readers. The bits below count the readers. */
    private static final int CLOSED = 1 << 30;

    private static final int UNMAPPED = CLOSED | Integer.MIN_VALUE;

    private final Path path;
    private final long size;
    private final MappedByteBuffer[] segments;
    private final AtomicInteger users = new AtomicInteger();

    private LocalInput(Path path, long size, MappedByteBuffer[] segments) {
        this.path = path;
        this.size = size;
        this.segments = segments;
    }

    /** Maps the file, which must not change any more in its length. */
    public static LocalInput open(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            int count = (int) ((size + SEGMENT_BYTES - 1) >>> SEGMENT_SHIFT);
            MappedByteBuffer[] segments = new MappedByteBuffer[count];
            for (int i = 0; i < count; i++) {
                long from = (long) i << SEGMENT_SHIFT;
                segments[i] =
                        channel.map(
                                FileChannel.MapMode.READ_ONLY,
                                from,
                                Math.min(SEGMENT_BYTES, size - from));
            }
            return new LocalInput(path, size, segments);
        }
    }

    @Override
    public void readFully(long position, byte[] target, int at, int byteCount) throws IOException {
        check(position, target, at, byteCount);
        enter(position);
        try {
            copy(position, target, at, byteCount);
        } finally {
            leave();
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>Nothing atomic stands between two of them: the processor would not begin with the second
     * one before it has the first.
     */
    @Override
    public void readFully(FileRanges ranges, byte[] target) throws IOException {
        int at = 0;
        for (int i = 0; i < ranges.count(); i++) {
            check(ranges.position(i), target, at, ranges.byteCount(i));
            at += ranges.byteCount(i);
        }
        if (at == 0) {
            return;
        }
        enter(ranges.position(0));
        try {
            at = 0;
            for (int i = 0; i < ranges.count(); i++) {
                copy(ranges.position(i), target, at, ranges.byteCount(i));
                at += ranges.byteCount(i);
            }
        } finally {
            leave();
        }
    }

    @Override
    public boolean readsTogether() {
        return true;
    }

    private void check(long position, byte[] target, int at, int byteCount) throws EOFException {
        Objects.checkFromIndexSize(at, byteCount, target.length);
        if (position < 0 || position > size - byteCount) {
            throw new EOFException(
                    "["
                            + path
                            + "] ends too early: position="
                            + position
                            + ", byteCount="
                            + byteCount
                            + ", size="
                            + size
                            + "; the file is damaged or not the one that was asked for.");
        }
    }

    private void enter(long position) throws ClosedInputException {
        if ((users.incrementAndGet() & CLOSED) != 0) {
            leave();
            throw new ClosedInputException(
                    "[" + path + "] is closed: position=" + position + "; open it again");
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void close() {
        int seen = users.getAndUpdate(count -> count | CLOSED);
        if (seen == 0) {
            unmap();
        }
    }

    private void copy(long position, byte[] target, int at, int byteCount) throws IOException {
        try {
            copyMapped(position, target, at, byteCount);
        } catch (InternalError e) {
            // How the JVM reports that a mapped page cannot be read: the disk failed, or a program
            // cut the file.
            throw new IOException(
                    "["
                            + path
                            + "] cannot be read: position="
                            + position
                            + ", byteCount="
                            + byteCount
                            + "; check the disk, and that no other process changes the file.",
                    e);
        }
    }

    private void copyMapped(long position, byte[] target, int at, int byteCount) {
        int done = 0;
        while (done < byteCount) {
            long from = position + done;
            MappedByteBuffer segment = segments[(int) (from >>> SEGMENT_SHIFT)];
            int offset = (int) (from & (SEGMENT_BYTES - 1));
            int part = Math.min(byteCount - done, segment.capacity() - offset);
            segment.get(offset, target, at + done, part);
            done += part;
        }
    }

    private void leave() {
        if (users.decrementAndGet() == CLOSED) {
            unmap();
        }
    }

    /** Runs once: a reader that comes after the close leaves again, so the count may pass by. */
    private void unmap() {
        if (users.compareAndSet(CLOSED, UNMAPPED)) {
            for (MappedByteBuffer segment : segments) {
                RawMemory.unmap(segment);
            }
        }
    }
}
