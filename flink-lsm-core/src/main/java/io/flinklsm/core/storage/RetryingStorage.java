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

import io.flinklsm.core.check.Clock;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A storage on another machine, such as a {@link HadoopStorage}, that is asked again for what may
 * pass by itself: see {@link RetryPolicy}. A read opens the file anew, for its connection may be
 * the one that broke. What was begun to be written is not written again: its writer begins anew.
 * Safe for any thread.
 */
public final class RetryingStorage implements Storage {

    private final Storage delegate;
    private final RetryPolicy retry;
    private final Clock clock;
    private final RandomGenerator random;

    /**
     * @param random spreads the attempts of many; safe for any thread
     */
    public RetryingStorage(
            Storage delegate, RetryPolicy retry, Clock clock, RandomGenerator random) {
        this.delegate = delegate;
        this.retry = retry;
        this.clock = clock;
        this.random = random;
    }

    @Override
    public StorageOutput create(String name) throws IOException {
        return call(name, "be created", () -> delegate.create(name));
    }

    @Override
    public StorageInput open(String name) throws IOException {
        return new Input(name, call(name, "be opened", () -> delegate.open(name)));
    }

    @Override
    public boolean link(String name, Path file) throws IOException {
        return delegate.link(name, file);
    }

    @Override
    public boolean linkTo(String name, Path target) throws IOException {
        return delegate.linkTo(name, target);
    }

    @Override
    public boolean answersAtOnce(String name) {
        return delegate.answersAtOnce(name);
    }

    @Override
    public long size(String name) throws IOException {
        return call(name, "be looked at", () -> delegate.size(name));
    }

    @Override
    public boolean exists(String name) throws IOException {
        return call(name, "be looked at", () -> delegate.exists(name));
    }

    @Override
    public void delete(String name) throws IOException {
        call(
                name,
                "be deleted",
                () -> {
                    delegate.delete(name);
                    return true;
                });
    }

    @Override
    public List<String> list() throws IOException {
        for (Attempts attempts = new Attempts("the directory", "be listed"); ; ) {
            try {
                return delegate.list();
            } catch (IOException e) {
                attempts.failed(e);
            }
        }
    }

    @Override
    public String describe(String name) {
        return delegate.describe(name);
    }

    private interface Call<T> {
        T run() throws IOException;
    }

    private <T> T call(String name, String what, Call<T> call) throws IOException {
        for (Attempts attempts = new Attempts(delegate.describe(name), what); ; ) {
            try {
                return call.run();
            } catch (IOException e) {
                attempts.failed(e);
            }
        }
    }

    /** What is tried once more. Confined to one thread. */
    private final class Attempts {

        private final String location;
        private final String what;
        private final long begin = clock.nanoTime();
        private int count;

        Attempts(String location, String what) {
            this.location = location;
            this.what = what;
        }

        /** Returns if it is to be tried again, after a pause. */
        void failed(IOException e) throws IOException {
            count++;
            if (e instanceof FileAlreadyExistsException
                    || e instanceof EOFException
                    || !RetryPolicy.isWorthRetrying(e)) {
                throw e;
            }
            long elapsed = clock.nanoTime() - begin;
            long pause = retry.pauseNanos(count, random);
            if (elapsed + pause > retry.deadlineNanos()) {
                throw new IOException(
                        "["
                                + location
                                + "] could not "
                                + what
                                + " within the time: attempts="
                                + count
                                + ", millis="
                                + TimeUnit.NANOSECONDS.toMillis(elapsed)
                                + ", cause="
                                + e.getMessage()
                                + "; see that the storage is there and not overloaded.",
                        e);
            }
            pause(pause);
        }

        private void pause(long nanos) throws InterruptedIOException {
            long end = clock.nanoTime() + nanos;
            for (long left = nanos; left > 0; left = end - clock.nanoTime()) {
                LockSupport.parkNanos(left);
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException(
                            "["
                                    + location
                                    + "] interrupted before it was tried again; the caller is being"
                                    + " stopped, so there is nothing to do");
                }
            }
        }
    }

    private final class Input implements StorageInput {

        private final String name;
        private final long size;

        // Guarded by this.
        private @Nullable StorageInput current;

        Input(String name, StorageInput first) {
            this.name = name;
            this.size = first.size();
            this.current = first;
        }

        @Override
        public void readFully(long position, byte[] target, int at, int byteCount)
                throws IOException {
            Attempts attempts = new Attempts(delegate.describe(name), "be read at " + position);
            StorageInput input = current();
            while (true) {
                try {
                    input.readFully(position, target, at, byteCount);
                    return;
                } catch (IOException e) {
                    attempts.failed(e);
                    input = reopened(input, attempts);
                }
            }
        }

        private synchronized StorageInput current() throws IOException {
            StorageInput input = current;
            if (input == null) {
                throw new ClosedInputException(
                        "[" + delegate.describe(name) + "] is closed; open it again");
            }
            return input;
        }

        /** The next input after the broken one, which another reader may have opened already. */
        private synchronized StorageInput reopened(StorageInput broken, Attempts attempts)
                throws IOException {
            StorageInput input = current();
            while (input == broken) {
                try {
                    StorageInput next = delegate.open(name);
                    current = next;
                    input = next;
                    broken.close();
                } catch (IOException e) {
                    attempts.failed(e);
                }
            }
            return input;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public synchronized void close() throws IOException {
            StorageInput input = current;
            current = null;
            if (input != null) {
                input.close();
            }
        }
    }
}
