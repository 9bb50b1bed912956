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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.StorageStoppedException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Brings remote files here while the store is in use: first the tails of all, by which a file is
 * opened, then whole files in the order in which they are given, except that a file that a reader
 * had to wait for comes next. All workers fetch parts of the first file, since a state may be in
 * one, and a single request does not fill a network. Each makes one request and queues again, so
 * the executor's threads stay free for others. Safe for any thread.
 */
final class BackgroundFetch {

    /** A file, and how much of it is left to workers; guarded by the lock of the fetch. */
    private static final class Task {
        final TieredFile file;
        final long tailOffset;

        /** From here on no worker has been given chunks. */
        int nextChunk;

        /** Workers that fetch chunks of it. */
        int workers;

        boolean told;
        boolean lost;

        Task(TieredFile file, long tailOffset) {
            this.file = file;
            this.tailOffset = tailOffset;
        }

        int chunks() {
            return Chunks.count(file.size());
        }
    }

    /** What one worker does next: fetches these chunks, or the tail if there are none. */
    private record Part(Task task, int from, int to) {
        boolean isTail() {
            return to == 0;
        }
    }

    private enum Outcome {
        DONE,
        MORE,
        LATER
    }

    private final TieredStorage storage;
    private final Executor executor;
    private final TieredListener listener;
    private final boolean tailsOnly;

    @GuardedBy("this")
    private final Deque<Task> tails = new ArrayDeque<>();

    @GuardedBy("this")
    private final Deque<Task> files = new ArrayDeque<>();

    /** Files that a reader waited for, to be moved to the front. */
    @GuardedBy("this")
    private final Set<TieredFile> wanted = new HashSet<>();

    @GuardedBy("this")
    private int busy;

    /** Workers that found nothing to do; they are started again when there is more. */
    @GuardedBy("this")
    private int idle;

    @GuardedBy("this")
    private boolean over;

    /** The thread that starts the workers, while it does. */
    private volatile @Nullable Thread starter;

    /**
     * @param tailsOnly whether the rest of the files stays remote
     */
    BackgroundFetch(
            TieredStorage storage, Executor executor, TieredListener listener, boolean tailsOnly) {
        this.storage = storage;
        this.executor = executor;
        this.listener = listener;
        this.tailsOnly = tailsOnly;
    }

    synchronized void add(TieredFile file, long tailOffset) {
        if (tailOffset < 0 || tailOffset > file.size()) {
            throw new IllegalArgumentException(
                    "a tail lies outside its file: tailOffset="
                            + tailOffset
                            + ", sizeBytes="
                            + file.size());
        }
        tails.add(new Task(file, tailOffset));
    }

    void start(int workers) {
        if (workers < 1) {
            throw new IllegalArgumentException("files are fetched by a worker: workers=" + workers);
        }
        if (isAllDone()) {
            end();
            return;
        }
        starter = Thread.currentThread();
        for (int worker = 0; worker < workers; worker++) {
            queue();
        }
        starter = null;
    }

    synchronized void wanted(TieredFile file) {
        if (!over) {
            wanted.add(file);
        }
    }

    private void queue() {
        try {
            executor.execute(this::work);
        } catch (RejectedExecutionException e) {
            // The process goes down. Readers still fetch what they want themselves.
            stop();
        }
    }

    private void work() {
        if (Thread.currentThread() == starter) {
            // There is no background: the State Processor API has none, and reads what it needs.
            stop();
            return;
        }
        Part part = take();
        if (part == null) {
            return;
        }
        Outcome outcome = Outcome.DONE;
        int woken;
        try {
            outcome = fetch(part);
        } catch (StorageStoppedException e) {
            stop();
        } catch (IOException e) {
            outcome = failed(part.task(), e);
        } catch (RuntimeException | Error e) {
            lost(part.task(), new IOException(e.toString(), e));
        } finally {
            woken = giveBack(part, outcome);
        }
        if (isAllDone()) {
            end();
            return;
        }
        for (int worker = 0; worker <= woken; worker++) {
            queue();
        }
    }

    /** One request, if the memory suffices for all of it. */
    private Outcome fetch(Part part) throws IOException {
        TieredFile file = part.task().file;
        if (part.isTail()) {
            file.fetchTail(part.task().tailOffset);
            return tailsOnly ? Outcome.DONE : Outcome.MORE;
        }
        file.fetch(part.from(), part.to());
        if (isLast(part.task())) {
            file.makeLocal();
            return Outcome.DONE;
        }
        return Outcome.MORE;
    }

    /** Whether no other worker fetches, or will fetch, a part of the file. */
    private synchronized boolean isLast(Task task) {
        return task.workers == 1 && isAllGiven(task) && !task.lost;
    }

    private Outcome failed(Task task, IOException cause) {
        if (!RetryPolicy.isWorthRetrying(cause)) {
            if (!storage.requests().isStopped()) {
                lost(task, cause);
            }
            return Outcome.DONE;
        }
        boolean isFirst;
        synchronized (this) {
            isFirst = !task.told;
            task.told = true;
        }
        if (isFirst) {
            listener.fetchDelayed(task.file.describe(), cause);
        }
        try {
            storage.requests().pause(task.file.name(), storage.requests().retry().maxPauseNanos());
        } catch (IOException e) {
            stop();
        }
        return Outcome.LATER;
    }

    private void lost(Task task, IOException cause) {
        synchronized (this) {
            if (task.lost) {
                return;
            }
            task.lost = true;
        }
        listener.fileLost(task.file.describe(), cause);
    }

    private synchronized @Nullable Part take() {
        if (over) {
            return null;
        }
        Task tail = tails.poll();
        if (tail != null) {
            busy++;
            return new Part(tail, 0, 0);
        }
        if (!wanted.isEmpty()) {
            moveWantedToTheFront();
        }
        Task task = files.peek();
        if (task == null) {
            idle++;
            return null;
        }
        int from = task.nextChunk;
        task.nextChunk = Math.min(task.chunks(), from + ChunkFetches.MAX_CHUNKS);
        task.workers++;
        busy++;
        if (task.nextChunk == task.chunks()) {
            files.remove();
        }
        return new Part(task, from, task.nextChunk);
    }

    @GuardedBy("this")
    private void moveWantedToTheFront() {
        List<Task> first = new ArrayList<>();
        for (Task task : files) {
            if (wanted.contains(task.file)) {
                first.add(task);
            }
        }
        wanted.clear();
        files.removeAll(first);
        for (int i = first.size() - 1; i >= 0; i--) {
            files.addFirst(first.get(i));
        }
    }

    /** Returns how many workers more there is something to do for now. */
    private synchronized int giveBack(Part part, Outcome outcome) {
        Task task = part.task();
        busy--;
        task.workers -= part.isTail() ? 0 : 1;
        Invariants.check(
                busy >= 0 && task.workers >= 0,
                "more fetches ended than began",
                "busy",
                busy,
                "workers",
                task.workers);
        if (over) {
            return 0;
        }
        if (task.lost) {
            files.remove(task);
        } else if (part.isTail()) {
            if (outcome == Outcome.LATER) {
                tails.addLast(task);
            } else if (outcome == Outcome.MORE) {
                files.addLast(task);
            }
        } else if (outcome == Outcome.LATER) {
            // Behind those that can be had. What is here by then is not fetched again.
            files.remove(task);
            task.nextChunk = Math.min(task.nextChunk, part.from());
            files.addLast(task);
        } else if (outcome == Outcome.MORE && task.workers == 0 && isAllGiven(task)) {
            // Two were the last at once, and each saw the other.
            task.nextChunk = part.from();
            files.addFirst(task);
        }
        int woken = Math.min(idle, partsLeft());
        idle -= woken;
        return woken;
    }

    private static boolean isAllGiven(Task task) {
        return task.nextChunk == task.chunks();
    }

    @GuardedBy("this")
    private int partsLeft() {
        int parts = tails.size();
        for (Task task : files) {
            parts += (task.chunks() - task.nextChunk) / ChunkFetches.MAX_CHUNKS + 1;
        }
        return parts;
    }

    private synchronized boolean isAllDone() {
        return tails.isEmpty() && files.isEmpty() && busy == 0;
    }

    synchronized void stop() {
        over = true;
        tails.clear();
        files.clear();
        wanted.clear();
    }

    private void end() {
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
        }
        listener.fetchEnded(storage.stats());
    }
}
