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
 * had to wait for comes next. Each worker makes one request and queues again, so the executor's
 * threads stay free for others. Safe for any thread.
 */
final class BackgroundFetch {

    /** A file, and how far it was fetched. Used by one worker at a time. */
    private static final class Task {
        final TieredFile file;
        final long tailOffset;
        boolean hasTail;
        boolean hasBegun;
        int nextChunk;
        boolean told;

        Task(TieredFile file, long tailOffset) {
            this.file = file;
            this.tailOffset = tailOffset;
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
        Task task = take();
        if (task == null) {
            return;
        }
        Outcome outcome = Outcome.DONE;
        try {
            outcome = fetch(task);
        } catch (StorageStoppedException e) {
            stop();
        } catch (IOException e) {
            outcome = failed(task, e);
        } catch (RuntimeException | Error e) {
            listener.fileLost(task.file.describe(), new IOException(e.toString(), e));
        } finally {
            giveBack(task, outcome);
        }
        if (isAllDone()) {
            end();
        } else {
            queue();
        }
    }

    /** One request. */
    private Outcome fetch(Task task) throws IOException {
        if (!task.hasTail) {
            task.file.fetchTail(task.tailOffset);
            task.hasTail = true;
            return tailsOnly ? Outcome.DONE : Outcome.MORE;
        }
        task.hasBegun = true;
        int next = task.file.fetchNext(task.nextChunk);
        Invariants.check(
                next >= task.nextChunk && next <= Chunks.count(task.file.size()),
                "a fetch goes back",
                "before",
                task.nextChunk,
                "next",
                next);
        task.nextChunk = next;
        if (task.nextChunk < Chunks.count(task.file.size())) {
            return Outcome.MORE;
        }
        task.file.makeLocal();
        return Outcome.DONE;
    }

    private Outcome failed(Task task, IOException cause) {
        if (!RetryPolicy.isWorthRetrying(cause)) {
            if (!storage.requests().isStopped()) {
                listener.fileLost(task.file.describe(), cause);
            }
            return Outcome.DONE;
        }
        if (!task.told) {
            task.told = true;
            listener.fetchDelayed(task.file.describe(), cause);
        }
        try {
            storage.requests().pause(task.file.name(), storage.requests().retry().maxPauseNanos());
        } catch (IOException e) {
            stop();
        }
        return Outcome.LATER;
    }

    private synchronized @Nullable Task take() {
        if (over) {
            return null;
        }
        Task task = tails.poll();
        if (task == null) {
            if (!wanted.isEmpty()) {
                moveWantedToTheFront();
            }
            task = files.poll();
        }
        if (task != null) {
            busy++;
        }
        return task;
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

    private synchronized void giveBack(Task task, Outcome outcome) {
        busy--;
        Invariants.check(busy >= 0, "more fetches ended than began", "busy", busy);
        if (over || outcome == Outcome.DONE) {
            return;
        }
        if (!task.hasTail) {
            tails.addLast(task);
        } else if (outcome == Outcome.LATER || !task.hasBegun) {
            // Behind those whose tail came before, or that can be had.
            files.addLast(task);
        } else {
            files.addFirst(task);
        }
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
