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
package io.flinklsm.statebackend.remote;

import io.flinklsm.core.storage.StorageStoppedException;
import io.flinklsm.core.storage.tiered.RemoteSource;
import io.flinklsm.statebackend.life.CleanStart;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.util.IOUtils;

/**
 * A file of a checkpoint, read through its handle: a stream for each request, which is closed when
 * it takes too long or the registry is closed. Safe for any thread.
 */
final class HandleSource implements RemoteSource {

    /** As Flink lays out a checkpoint directory: the id of the job that wrote the file. */
    private static final Pattern OWNER =
            Pattern.compile("/([0-9a-f]{32})/(?:shared|taskowned|chk-[0-9]+)/");

    static {
        CleanStart.ofTimer();
    }

    private final StreamStateHandle handle;
    private final CloseableRegistry registry;
    private final Duration timeout;
    private final Executor executor;

    /**
     * @param registry requests end when it is closed, and none begins
     * @param timeout of one request
     * @param executor closes the stream of a request that takes longer
     */
    HandleSource(
            StreamStateHandle handle,
            CloseableRegistry registry,
            Duration timeout,
            Executor executor) {
        this.handle = handle;
        this.registry = registry;
        this.timeout = timeout;
        this.executor = executor;
    }

    @Override
    public void readFully(long position, byte[] target, int at, int byteCount) throws IOException {
        checkOpen();
        long begin = System.nanoTime();
        FSDataInputStream in = open();
        CompletableFuture<Void> end = new CompletableFuture<>();
        try {
            register(in);
            // Some clients ask the storage when they open a file, where nothing can break them off.
            if (System.nanoTime() - begin > timeout.toNanos()) {
                throw new SocketTimeoutException(
                        "no answer within " + timeout.toMillis() + " ms, while it was opened");
            }
            closeLater(in, end);
            in.seek(position);
            for (int done = 0; done < byteCount; ) {
                int count = in.read(target, at + done, byteCount - done);
                if (count < 0) {
                    throw new EOFException(
                            "["
                                    + describe()
                                    + "] ends too early: position="
                                    + (position + done)
                                    + ", wanted="
                                    + (byteCount - done)
                                    + "; it is damaged, restore an earlier checkpoint.");
                }
                done += count;
            }
        } catch (RuntimeException e) {
            checkOpen();
            throw unchecked(e);
        } catch (IOException e) {
            checkOpen();
            if (end.isCompletedExceptionally()) {
                SocketTimeoutException tooLong =
                        new SocketTimeoutException(
                                "no answer within " + timeout.toMillis() + " ms");
                tooLong.initCause(e);
                throw tooLong;
            }
            throw e;
        } finally {
            end.complete(null);
            registry.unregisterCloseable(in);
            IOUtils.closeQuietly(in);
        }
    }

    private FSDataInputStream open() throws IOException {
        try {
            return handle.openInputStream();
        } catch (RuntimeException e) {
            checkOpen();
            throw unchecked(e);
        }
    }

    /** Flink's native S3 plugin throws its SDK's own exceptions for a broken connection. */
    private static IOException unchecked(RuntimeException e) {
        return new IOException(e.toString(), e);
    }

    private void register(FSDataInputStream in) throws IOException {
        try {
            registry.registerCloseable(in);
        } catch (IOException e) {
            throw stopped();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What fails there is told by the request.
    private void closeLater(FSDataInputStream in, CompletableFuture<Void> end) {
        end.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete(
                        (nothing, failure) -> {
                            if (failure instanceof TimeoutException) {
                                close(in);
                            }
                        });
    }

    /** On another thread than the timer's, of which there is one: closing may block. */
    private void close(FSDataInputStream in) {
        try {
            executor.execute(() -> IOUtils.closeQuietly(in));
        } catch (RejectedExecutionException e) {
            IOUtils.closeQuietly(in);
        }
    }

    private void checkOpen() throws StorageStoppedException {
        if (registry.isClosed()) {
            throw stopped();
        }
    }

    private StorageStoppedException stopped() {
        return new StorageStoppedException(
                "["
                        + describe()
                        + "] is not read any more: the task is being stopped, so there is nothing"
                        + " to do");
    }

    @Override
    public String describe() {
        String address = handle.getStreamStateHandleID().getKeyString();
        Matcher owner = OWNER.matcher(address);
        return owner.find() ? address + " (of job " + owner.group(1) + ")" : address;
    }
}
