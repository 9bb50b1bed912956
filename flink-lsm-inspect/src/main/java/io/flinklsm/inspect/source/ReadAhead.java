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
package io.flinklsm.inspect.source;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file in few large ranges where it is read in order, and exactly what is wanted where it
 * is not. A row group has its columns one behind the other, so a scan reads in order at as many
 * places as there are columns, by turns, until it comes to the next group: the places where
 * requests ended are remembered, and the last ranges stay for the other columns. What is read at a
 * place doubles with each request in order: a scan soon reads megabytes, and someone who looks up
 * two neighbours reads half more than the two. Not safe for threads.
 */
final class ReadAhead implements AutoCloseable {

    /** At most so much is read at once, unless more is wanted. */
    static final int MAX_BYTES = 4 << 20;

    /** From here on, a reader in order is taken to read what lies around, too. */
    private static final int ACROSS_BYTES = 256 << 10;

    /** So many places are remembered; the one that was not used for longest goes. */
    private static final int MAX_PLACES = 32;

    /** Ranges of so many bytes stay, of more than one row group. */
    static final long MAX_WINDOW_BYTES = 3L * MAX_BYTES;

    /** Of this process, for all files together. */
    private static final Memory MEMORY =
            new Memory(Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8));

    /** What is read ahead may take so much of the heap. Safe for any thread. */
    static final class Memory {

        private final long limitBytes;
        private final AtomicLong usedBytes = new AtomicLong();

        Memory(long limitBytes) {
            this.limitBytes = limitBytes;
        }

        boolean tryReserve(long bytes) {
            if (usedBytes.addAndGet(bytes) <= limitBytes) {
                return true;
            }
            usedBytes.addAndGet(-bytes);
            return false;
        }

        void release(long bytes) {
            usedBytes.addAndGet(-bytes);
        }

        long usedBytes() {
            return usedBytes.get();
        }
    }

    /** One request. */
    @FunctionalInterface
    interface Source {
        void readFully(long position, byte[] target, int at, int byteCount) throws IOException;
    }

    /** Where the last request of a reader in order was, and how much that took at least. */
    private static final class Place {
        private long begin;
        private long end;
        private int aheadBytes;

        /** What is read next may begin with the page that the request has cut. */
        boolean leadsTo(long position) {
            return position > begin && position <= end;
        }

        /** The next column begins in front of a reader that reads all columns. */
        boolean leadsAcross(long position) {
            return aheadBytes >= ACROSS_BYTES && position > end && position - end < MAX_BYTES;
        }

        void took(long from, int byteCount) {
            begin = from;
            end = from + byteCount;
        }
    }

    /** A range that is here. */
    private record Window(long from, byte[] bytes) {

        boolean has(long position) {
            return position >= from && position < from + bytes.length;
        }
    }

    private final Source source;
    private final long size;
    private final Memory memory;

    /** The one that was used last comes first. */
    private final ArrayDeque<Place> places = new ArrayDeque<>();

    /** What was read last comes first. */
    private final ArrayDeque<Window> windows = new ArrayDeque<>();

    private long windowBytes;

    ReadAhead(Source source, long size) {
        this(source, size, MEMORY);
    }

    ReadAhead(Source source, long size, Memory memory) {
        this.source = source;
        this.size = size;
        this.memory = memory;
    }

    /** The range lies inside the file. */
    void readFully(long position, byte[] target, int at, int byteCount) throws IOException {
        for (int done = 0; done < byteCount; ) {
            long from = position + done;
            int wanted = byteCount - done;
            Window window = windowAt(from);
            if (window == null) {
                Place place = placeAt(from);
                window = fill(place, from, wanted);
                if (window == null) {
                    source.readFully(from, target, at + done, wanted);
                    place.took(from, wanted);
                    return;
                }
                place.took(window.from, window.bytes.length);
            }
            int offset = (int) (from - window.from);
            int count = Math.min(wanted, window.bytes.length - offset);
            System.arraycopy(window.bytes, offset, target, at + done, count);
            done += count;
        }
    }

    private @Nullable Window windowAt(long position) {
        for (Window window : windows) {
            if (window.has(position)) {
                windows.remove(window);
                windows.addFirst(window);
                return window;
            }
        }
        return null;
    }

    /** The place that has come to the position; else one that begins there. */
    private Place placeAt(long position) {
        Place found = null;
        for (Place place : places) {
            if (place.leadsTo(position)) {
                found = place;
                break;
            }
            if (place.leadsAcross(position)) {
                found = place;
            }
        }
        if (found == null) {
            found = new Place();
            if (places.size() == MAX_PLACES) {
                places.removeLast();
            }
        } else {
            places.remove(found);
        }
        places.addFirst(found);
        return found;
    }

    /** Null if more than what is wanted is not worth reading, or there is no memory for it. */
    private @Nullable Window fill(Place place, long position, int wanted) throws IOException {
        boolean isAcross = place.leadsAcross(position);
        if (!isAcross && !place.leadsTo(position)) {
            return null;
        }
        int last = Math.max(place.aheadBytes, Math.min(wanted, MAX_BYTES));
        place.aheadBytes = Math.min(MAX_BYTES, 2 * last);
        // What lies between the place and the position is read soon, too.
        long from = isAcross ? Math.max(place.end, endOfWindowBefore(position)) : position;
        long end = Math.min(nextWindow(position), position + place.aheadBytes);
        int byteCount = (int) (end - from);
        if (end - position <= wanted) {
            return null;
        }
        while (windowBytes + byteCount > MAX_WINDOW_BYTES || !memory.tryReserve(byteCount)) {
            if (windows.isEmpty()) {
                return null;
            }
            release(windows.removeLast());
        }
        windowBytes += byteCount;
        Window window = null;
        try {
            byte[] bytes = new byte[byteCount];
            source.readFully(from, bytes, 0, byteCount);
            window = new Window(from, bytes);
            windows.addFirst(window);
            return window;
        } finally {
            if (window == null) {
                release(byteCount);
            }
        }
    }

    /**
     * Where what is here begins behind the position, or what was read by itself, such as the tail
     * of the file; else the end of the file.
     */
    private long nextWindow(long position) {
        long next = size;
        for (Place place : places) {
            if (place.aheadBytes == 0 && place.begin > position) {
                next = Math.min(next, place.begin);
            }
        }
        for (Window window : windows) {
            if (window.from > position) {
                next = Math.min(next, window.from);
            }
        }
        return next;
    }

    /** Where what is here ends in front of the position; else the begin of the file. */
    private long endOfWindowBefore(long position) {
        long end = 0;
        for (Window window : windows) {
            if (window.from < position) {
                end = Math.max(end, window.from + window.bytes.length);
            }
        }
        return end;
    }

    private void release(Window window) {
        release(window.bytes.length);
    }

    private void release(int byteCount) {
        windowBytes -= byteCount;
        memory.release(byteCount);
    }

    @Override
    public void close() {
        windows.forEach(this::release);
        windows.clear();
        places.clear();
    }
}
