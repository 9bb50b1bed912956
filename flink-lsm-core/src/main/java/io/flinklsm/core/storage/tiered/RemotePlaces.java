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
import io.flinklsm.core.storage.ClosedInputException;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.StorageStoppedException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where one file is on remote storage: its home, and other places of which one may be its next
 * home. A read tries the home first, then the others if that is gone, and tries again what may pass
 * by itself. Safe for any thread.
 */
final class RemotePlaces {

    // Immutable.
    private final RemoteRequests requests;
    private final String name;

    private volatile @Nullable RemoteSource home;

    /** Where else the file is, by who put it there. */
    private volatile Map<Long, RemoteSource> copies = Map.of();

    /** Where it was uploaded before any checkpoint had it; given up once it is not needed. */
    private volatile EarlyUpload.@Nullable Uploaded early;

    /** Whether the file is not needed any more: nothing is tried twice. */
    private volatile boolean abandoned;

    RemotePlaces(RemoteRequests requests, String name, @Nullable RemoteSource home) {
        this.requests = requests;
        this.name = name;
        this.home = home;
    }

    @Nullable RemoteSource home() {
        return home;
    }

    EarlyUpload.@Nullable Uploaded early() {
        return early;
    }

    /** Whether the file can be had elsewhere than on the local disk. */
    boolean isSomewhere() {
        return home != null || early != null;
    }

    /** Whether it can be had where it stays only as long as checkpoints list it. */
    boolean isPromised() {
        EarlyUpload.Uploaded uploaded = early;
        return home != null || uploaded != null && uploaded.isListed();
    }

    void uploadedEarly(EarlyUpload.Uploaded uploaded) {
        Invariants.check(early == null, "a file is uploaded early twice");
        early = uploaded;
    }

    /** What was uploaded early is not read any more; nothing happens if nothing was. */
    void deleteEarly() {
        EarlyUpload.Uploaded uploaded;
        synchronized (this) {
            uploaded = early;
            early = null;
        }
        if (uploaded != null) {
            uploaded.delete();
        }
    }

    /** The file stays there until {@link #forget}; where else it is does not matter any more. */
    synchronized void settle(RemoteSource source) {
        home = source;
        copies = Map.of();
    }

    synchronized void forget() {
        home = null;
        copies = Map.of();
    }

    void abandon() {
        abandoned = true;
    }

    /** Nothing happens if the file does not go when checkpoints do. */
    synchronized void addCopy(long owner, RemoteSource source) {
        if (isPromised()) {
            Map<Long, RemoteSource> more = new LinkedHashMap<>(copies);
            more.put(owner, source);
            copies = Collections.unmodifiableMap(more);
        }
    }

    synchronized void removeCopy(long owner) {
        if (copies.containsKey(owner)) {
            Map<Long, RemoteSource> left = new LinkedHashMap<>(copies);
            left.remove(owner);
            copies = Collections.unmodifiableMap(left);
        }
    }

    /**
     * Reads the range with one request, or as many as it takes until one succeeds.
     *
     * @throws ClosedInputException if the file is nowhere but here any more
     * @throws IOException that says which place did what, once the deadline has passed
     */
    void readFully(long from, byte[] target, int byteCount) throws IOException {
        Invariants.check(
                from >= 0 && byteCount > 0 && byteCount <= target.length,
                "a remote read has no room",
                "from",
                from,
                "byteCount",
                byteCount);
        RetryPolicy retry = requests.retry();
        long begin = requests.clock().nanoTime();
        Set<RemoteSource> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int attempts = 1; ; attempts++) {
            RemoteSource source = nextSource(gone);
            requests.counters().remoteRequests.increment();
            try {
                requests.checkRunning(name);
                source.readFully(from, target, 0, byteCount);
                requests.counters().remoteBytes.add(byteCount);
                return;
            } catch (IOException e) {
                if (isGone(e) && gone.add(source) && !gone.containsAll(sources())) {
                    continue;
                }
                long elapsed = requests.clock().nanoTime() - begin;
                long pause = retry.pauseNanos(attempts, requests.random());
                if (!RetryPolicy.isWorthRetrying(e)
                        || abandoned
                        || elapsed + pause > retry.deadlineNanos()) {
                    throw failed(source, from, byteCount, attempts, elapsed, e);
                }
                requests.counters().retries.increment();
                requests.pause(name, pause);
            }
        }
    }

    /** The home first, then what was uploaded early, then the copies that may be the next one. */
    private List<RemoteSource> sources() {
        List<RemoteSource> sources = new ArrayList<>();
        RemoteSource first = home;
        if (first != null) {
            sources.add(first);
        }
        RemoteSource second = early;
        if (second != null) {
            sources.add(second);
        }
        sources.addAll(copies.values());
        return sources;
    }

    private RemoteSource nextSource(Set<RemoteSource> gone) throws ClosedInputException {
        List<RemoteSource> sources = sources();
        for (RemoteSource source : sources) {
            if (!gone.contains(source)) {
                return source;
            }
        }
        if (sources.isEmpty()) {
            // It became local for good meanwhile; the caller looks again.
            throw new ClosedInputException("[" + name + "] is local now; read it there");
        }
        return sources.get(0);
    }

    private static boolean isGone(IOException e) {
        return e instanceof FileNotFoundException || e instanceof NoSuchFileException;
    }

    private IOException failed(
            RemoteSource source,
            long from,
            int byteCount,
            int attempts,
            long elapsedNanos,
            IOException cause) {
        if (cause instanceof StorageStoppedException) {
            return cause;
        }
        boolean gone = isGone(cause);
        String what;
        String remedy;
        if (gone) {
            what = "the file is gone from remote storage";
            remedy =
                    "see who deleted it: the files of a checkpoint must stay until the job that was"
                            + " restored from it has taken a checkpoint of its own";
        } else if (RetryPolicy.isWorthRetrying(cause)) {
            what = "remote storage did not give the file within the time";
            remedy = "see that it is there and not overloaded";
        } else {
            what = "remote storage refuses the file";
            remedy = "see the permissions and the address of the checkpoint storage";
        }
        return new IOException(
                "["
                        + name
                        + " at "
                        + source.describe()
                        + "] "
                        + what
                        + ": position="
                        + from
                        + ", byteCount="
                        + byteCount
                        + ", attempts="
                        + attempts
                        + ", millis="
                        + TimeUnit.NANOSECONDS.toMillis(elapsedNanos)
                        + ", cause="
                        + cause
                        + "; "
                        + remedy
                        + ".",
                cause);
    }
}
