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
package io.flinklsm.core.testing;

import io.flinklsm.core.storage.FileRanges;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import java.io.EOFException;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A storage that fails on demand, over one that works, and counts handles that were never closed.
 * To try every failure: run once and ask {@link #calls()}, then {@link #failCall} each number from
 * 1 on in a fresh storage. Safe for any thread.
 */
public final class HostileStorage implements Storage {

    /** What can fail. Closing fails only by {@link Faults}. */
    public enum Call {
        CREATE,
        WRITE,
        FINISH,
        OPEN,
        READ,
        SIZE,
        EXISTS,
        DELETE,
        LIST
    }

    /** Marks failures that a test asked for. */
    public static final String INJECTED = Faults.INJECTED;

    private final Storage delegate;
    private final Faults faults;

    // Guarded by this.
    private final Map<Call, Integer> callsOf = new EnumMap<>(Call.class);
    private final Map<Call, Boolean> failing = new EnumMap<>(Call.class);
    private int calls;
    private int failCall;
    private int injected;
    private boolean tearWrites;
    private long freeBytes = Long.MAX_VALUE;

    private final Map<Object, Throwable> openHandles = new ConcurrentHashMap<>();
    private final Map<String, long[]> flippedBits = new ConcurrentHashMap<>();
    private final Map<String, Long> truncatedTo = new ConcurrentHashMap<>();
    private final AtomicInteger readsTogether = new AtomicInteger();
    private volatile boolean elsewhere;

    public HostileStorage(Storage delegate) {
        this(delegate, new Faults());
    }

    /**
     * @param faults every call is a step of theirs, and so is what comes after a file was published
     *     or closed
     */
    public HostileStorage(Storage delegate, Faults faults) {
        this.delegate = delegate;
        this.faults = faults;
    }

    /** Calls so far, all kinds. */
    public synchronized int calls() {
        return calls;
    }

    public synchronized int calls(Call call) {
        return callsOf.getOrDefault(call, 0);
    }

    /** How often several ranges were read at once. */
    public int readsTogether() {
        return readsTogether.get();
    }

    /** Failures that really happened. */
    public synchronized int injectedCount() {
        return injected;
    }

    /** Lets the n-th call from now on fail, once, whatever it is; the first is 1; 0 for none. */
    public synchronized HostileStorage failCall(int n) {
        failCall = n == 0 ? 0 : calls + n;
        return this;
    }

    /** Lets every call of this kind fail, or none any more. */
    public synchronized HostileStorage failAll(Call call, boolean fail) {
        failing.put(call, fail);
        return this;
    }

    /** A write that fails has written half of its bytes before. */
    public synchronized HostileStorage tearWrites(boolean tear) {
        tearWrites = tear;
        return this;
    }

    /** The disk is full after so many more bytes. */
    public synchronized HostileStorage diskFullAfter(long bytes) {
        freeBytes = bytes;
        return this;
    }

    /** Pretends that all files are on another machine, or not any more. */
    public HostileStorage elsewhere(boolean isElsewhere) {
        elsewhere = isElsewhere;
        return this;
    }

    @Override
    public boolean answersAtOnce(String name) {
        return !elsewhere && delegate.answersAtOnce(name);
    }

    /** Reads of the file see these bits (8 × byte + bit, bit 0 lowest) the other way round. */
    public HostileStorage flipBits(String name, long... bitIndexes) {
        flippedBits.put(name, bitIndexes.clone());
        return this;
    }

    /** A reader of the file sees only so many bytes. */
    public HostileStorage truncate(String name, long sizeBytes) {
        truncatedTo.put(name, sizeBytes);
        return this;
    }

    /** Undoes {@link #flipBits} and {@link #truncate} of all files. */
    public HostileStorage heal() {
        flippedBits.clear();
        truncatedTo.clear();
        return this;
    }

    public int openHandles() {
        return openHandles.size();
    }

    /**
     * @throws AssertionError with the places that opened the handles that were never closed
     */
    public void assertNoOpenHandles() {
        if (!openHandles.isEmpty()) {
            AssertionError error = new AssertionError(openHandles.size() + " handles are open");
            openHandles.values().forEach(error::addSuppressed);
            throw error;
        }
    }

    @Override
    public StorageOutput create(String name) throws IOException {
        called(Call.CREATE, name);
        Output output = new Output(name, delegate.create(name));
        openHandles.put(output, new Throwable("output of " + name + " was opened here"));
        return output;
    }

    @Override
    public StorageInput open(String name) throws IOException {
        called(Call.OPEN, name);
        Input input = new Input(name, delegate.open(name));
        openHandles.put(input, new Throwable("input of " + name + " was opened here"));
        return input;
    }

    @Override
    public long size(String name) throws IOException {
        called(Call.SIZE, name);
        return Math.min(delegate.size(name), truncatedTo.getOrDefault(name, Long.MAX_VALUE));
    }

    @Override
    public boolean exists(String name) throws IOException {
        called(Call.EXISTS, name);
        return delegate.exists(name);
    }

    @Override
    public void delete(String name) throws IOException {
        called(Call.DELETE, name);
        delegate.delete(name);
    }

    @Override
    public List<String> list() throws IOException {
        called(Call.LIST, "*");
        return delegate.list();
    }

    @Override
    public String describe(String name) {
        return delegate.describe(name);
    }

    private void called(Call call, String name) throws IOException {
        faults.step(call + " " + name);
        count(call, name);
    }

    private synchronized void count(Call call, String name) throws IOException {
        calls++;
        callsOf.merge(call, 1, Integer::sum);
        if (calls == failCall || failing.getOrDefault(call, false)) {
            injected++;
            throw new IOException(
                    "[" + name + "] " + INJECTED + ": call=" + call + ", number=" + calls);
        }
    }

    /** Takes from the free space; gives what fits. */
    private synchronized int take(int byteCount) {
        int fits = (int) Math.min(freeBytes, byteCount);
        if (freeBytes != Long.MAX_VALUE) {
            freeBytes -= fits;
        }
        return fits;
    }

    private synchronized boolean tears() {
        return tearWrites;
    }

    private final class Output implements StorageOutput {
        private final String name;
        private final StorageOutput output;

        Output(String name, StorageOutput output) {
            this.name = name;
            this.output = output;
        }

        @Override
        public void write(byte[] bytes, int from, int byteCount) throws IOException {
            try {
                called(Call.WRITE, name);
            } catch (IOException e) {
                if (tears()) {
                    output.write(bytes, from, byteCount / 2);
                }
                throw e;
            }
            int fits = take(byteCount);
            output.write(bytes, from, fits);
            if (fits < byteCount) {
                synchronized (HostileStorage.this) {
                    injected++;
                }
                throw new IOException("[" + name + "] No space left on device, " + INJECTED);
            }
        }

        @Override
        public long position() {
            return output.position();
        }

        @Override
        public void finish() throws IOException {
            called(Call.FINISH, name);
            output.finish();
            faults.step("FINISHED " + name);
        }

        @Override
        public void close() throws IOException {
            if (openHandles.remove(this) != null) {
                output.close();
                faults.step("CLOSED " + name);
            }
        }
    }

    private final class Input implements StorageInput {
        private final String name;
        private final StorageInput input;
        private final long size;

        Input(String name, StorageInput input) {
            this.name = name;
            this.input = input;
            this.size = Math.min(input.size(), truncatedTo.getOrDefault(name, Long.MAX_VALUE));
        }

        @Override
        public void readFully(long position, byte[] target, int at, int byteCount)
                throws IOException {
            called(Call.READ, name);
            if (position > size - byteCount) {
                throw new EOFException(
                        "[" + name + "] ends too early: position=" + position + ", size=" + size);
            }
            input.readFully(position, target, at, byteCount);
            for (long bit : flippedBits.getOrDefault(name, new long[0])) {
                long index = (bit >>> 3) - position;
                if (index >= 0 && index < byteCount) {
                    target[at + (int) index] ^= (byte) (1 << (bit & 7));
                }
            }
        }

        @Override
        public void readFully(FileRanges ranges, byte[] target) throws IOException {
            readsTogether.incrementAndGet();
            StorageInput.super.readFully(ranges, target);
        }

        /** So that what takes several ranges at once meets the faults, too. */
        @Override
        public boolean readsTogether() {
            return true;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void close() throws IOException {
            openHandles.remove(this);
            input.close();
        }
    }
}
