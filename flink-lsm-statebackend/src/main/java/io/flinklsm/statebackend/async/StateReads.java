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
package io.flinklsm.statebackend.async;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.statebackend.key.StateKey;
import io.flinklsm.statebackend.state.StateFactory;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.apache.flink.runtime.asyncprocessing.RecordContext;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.runtime.state.internal.InternalKvState;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of one state have in common: they find their row, and what memory does not have
 * becomes a job. Task thread, but for the jobs.
 *
 * <p>Serializers are for one thread at a time. Each job gets a decoder of its own, which is made on
 * the task thread, and used again when the job has ended.
 *
 * @param <K> type of the keys
 * @param <N> type of the namespaces
 * @param <D> makes objects of bytes
 */
final class StateReads<K, N, D> {

    /**
     * A job whose files are here reads at least so many keys if there are so many: to wake a thread
     * takes as long as to read some.
     */
    private static final int JOB_KEYS_MIN = 16;

    private final BatchExecutor executor;
    private final RequestKey<K> requestKey;
    private final LsmTree tree;
    private final StateKey<K, N> key;
    private final N defaultNamespace;
    private final InternalKvState<K, N, ?> state;
    private final Supplier<D> decoderMaker;
    private final D ownDecoder;
    private final Queue<D> decoders = new ConcurrentLinkedQueue<>();
    private final BatchGet<Waiter<D>> misses = new BatchGet<>(JOB_KEYS_MIN);

    /**
     * @param state works on the same rows; done with on the task thread
     */
    StateReads(
            BatchExecutor executor,
            RequestKey<K> requestKey,
            N defaultNamespace,
            InternalKvState<K, N, ?> state,
            Supplier<D> decoderMaker) {
        this.executor = executor;
        this.requestKey = requestKey;
        this.tree = StateFactory.treeOf(state);
        this.key = StateFactory.keyOf(state);
        this.defaultNamespace = defaultNamespace;
        this.state = state;
        this.decoderMaker = decoderMaker;
        this.ownDecoder = decoderMaker.get();
    }

    /** Makes a request's answer of a value. */
    interface Answer<D> {
        @Nullable Object of(D decoder, boolean isFound, ValueBuffer value) throws IOException;
    }

    /** Makes a request's answer of a page of a map. */
    interface PageAnswer<D> {
        Object of(D decoder, PageRead page) throws IOException;
    }

    private record Waiter<D>(StateRequest<?, ?, ?, ?> request, Answer<D> answer) {}

    LsmTree tree() {
        return tree;
    }

    /** Makes the request's key and namespace the current ones; gives the row. */
    @SuppressWarnings("unchecked")
    StateKey<K, N> select(StateRequest<?, ?, ?, ?> request) {
        requestKey.select((RecordContext<K>) request.getRecordContext());
        N namespace = (N) request.getNamespace();
        state.setCurrentNamespace(namespace == null ? defaultNamespace : namespace);
        return key;
    }

    /** The row of the key and namespace that were selected. */
    KeyBuffer row() throws IOException {
        return key.row();
    }

    /** Reads the selected row, now or later. */
    void get(StateRequest<?, ?, ?, ?> request, Answer<D> answer) throws IOException {
        get(request, key.row(), answer);
    }

    /** Reads a row, now or later. */
    void get(StateRequest<?, ?, ?, ?> request, KeyBuffer row, Answer<D> answer) throws IOException {
        BatchGet.Miss<Waiter<D>> miss = tree.find(row, misses);
        if (miss == null) {
            executor.stats().memoryRead();
            complete(request, answer.of(ownDecoder, misses.isFound(), misses.value()));
            return;
        }
        if (misses.missCount() + misses.sharedCount() == 1) {
            executor.hasMisses(this);
        }
        miss.waiters().add(new Waiter<>(request, answer));
    }

    /** Reads a page, now or later. */
    void getPage(
            StateRequest<?, ?, ?, ?> request,
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            PageAnswer<D> answer)
            throws IOException {
        PageRead page = tree.findPage(prefix, after, entriesMax, bytesMax);
        if (page.isAnswered()) {
            executor.stats().memoryRead();
            complete(request, answer.of(ownDecoder, page));
        } else {
            executor.stats().fileReads(1, 0);
            executor.addJob(
                    new PageJob(request, page, entriesMax, bytesMax, answer, takeDecoder()));
        }
    }

    @SuppressWarnings("unchecked")
    static void complete(StateRequest<?, ?, ?, ?> request, @Nullable Object result) {
        ((StateRequest<?, ?, ?, Object>) request).getFuture().complete(result);
    }

    /** Completes a request that memory has answered. */
    void answered(StateRequest<?, ?, ?, ?> request, @Nullable Object result) {
        executor.stats().memoryRead();
        complete(request, result);
    }

    static UnsupportedOperationException unknown(StateRequest<?, ?, ?, ?> request) {
        return new UnsupportedOperationException(
                "["
                        + request.getState()
                        + "] the state knows no such request: type="
                        + request.getRequestType()
                        + "; use the methods of its interface");
    }

    int missCount() {
        return misses.missCount();
    }

    /**
     * Makes jobs of what was missed.
     *
     * @param atHandMax how many at most of what is on this machine
     */
    void addJobs(int jobsMax, int atHandMax, List<ReadJob> jobs) {
        executor.stats().fileReads(misses.missCount(), misses.sharedCount());
        for (BatchGet.Part<Waiter<D>> part : LsmTree.split(misses, jobsMax, atHandMax)) {
            jobs.add(new GetJob(part, takeDecoder()));
        }
    }

    private D takeDecoder() {
        D decoder = decoders.poll();
        return decoder == null ? decoderMaker.get() : decoder;
    }

    private static void reject(StateRequest<?, ?, ?, ?> request, Throwable cause) {
        request.getFuture()
                .completeExceptionally(
                        "["
                                + request.getRequestType()
                                + "] state could not be read; the cause tells what to mend",
                        cause);
    }

    /** Reads some keys. */
    private final class GetJob implements ReadJob {

        private final BatchGet.Part<Waiter<D>> part;
        private final D decoder;
        private int missesDone;
        private int waitersDone;

        private GetJob(BatchGet.Part<Waiter<D>> part, D decoder) {
            this.part = part;
            this.decoder = decoder;
        }

        @Override
        public boolean isAtHand() {
            return part.isAtHand();
        }

        @Override
        public void run() throws IOException {
            IOException failure = null;
            try {
                part.read();
            } catch (IOException e) {
                // Of some of the misses; the others have their values.
                failure = e;
            }
            List<BatchGet.Miss<Waiter<D>>> all = part.misses();
            for (; missesDone < all.size(); missesDone++, waitersDone = 0) {
                BatchGet.Miss<Waiter<D>> miss = all.get(missesDone);
                IOException cause = miss.failure();
                while (waitersDone < miss.waiters().size()) {
                    Waiter<D> waiter = miss.waiters().get(waitersDone);
                    if (cause == null) {
                        Object result = waiter.answer.of(decoder, miss.isFound(), miss.value());
                        // Whatever comes of it, the future is completed now.
                        waitersDone++;
                        complete(waiter.request, result);
                    } else {
                        waitersDone++;
                        StateReads.reject(waiter.request, cause);
                    }
                }
            }
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public void reject(Throwable cause) {
            List<BatchGet.Miss<Waiter<D>>> all = part.misses();
            for (; missesDone < all.size(); missesDone++, waitersDone = 0) {
                List<Waiter<D>> waiters = all.get(missesDone).waiters();
                while (waitersDone < waiters.size()) {
                    StateReads.reject(waiters.get(waitersDone++).request, cause);
                }
            }
        }

        @Override
        public void release() {
            part.release();
            decoders.add(decoder);
        }

        @Override
        public void keep() throws IOException {
            for (BatchGet.Miss<Waiter<D>> miss : part.misses()) {
                tree.keep(miss);
            }
        }
    }

    /** Reads a page of a map. */
    private final class PageJob implements ReadJob {

        private final StateRequest<?, ?, ?, ?> request;
        private final int entriesMax;
        private final int bytesMax;
        private final PageAnswer<D> answer;
        private final D decoder;
        private PageRead page;
        private boolean done;

        private PageJob(
                StateRequest<?, ?, ?, ?> request,
                PageRead page,
                int entriesMax,
                int bytesMax,
                PageAnswer<D> answer,
                D decoder) {
            this.request = request;
            this.page = page;
            this.entriesMax = entriesMax;
            this.bytesMax = bytesMax;
            this.answer = answer;
            this.decoder = decoder;
        }

        @Override
        public boolean isAtHand() {
            return page.answersAtOnce();
        }

        @Override
        public void run() throws IOException {
            page.read();
            // Nothing but tombstones: an iterator that is not at its end has something to give.
            while (page.page().length() == 0 && !page.isLast()) {
                PageRead cut = page;
                page = tree.findPageBehind(cut, entriesMax, bytesMax);
                cut.release();
                page.read();
            }
            Object result = answer.of(decoder, page);
            done = true;
            complete(request, result);
        }

        @Override
        public void reject(Throwable cause) {
            if (!done) {
                done = true;
                StateReads.reject(request, cause);
            }
        }

        @Override
        public void release() {
            page.release();
            decoders.add(decoder);
        }

        @Override
        public void keep() {
            tree.keep(page);
        }
    }
}
