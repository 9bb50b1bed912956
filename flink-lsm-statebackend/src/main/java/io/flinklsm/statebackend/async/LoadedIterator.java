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

import java.util.Collection;
import org.apache.flink.api.common.state.v2.State;
import org.apache.flink.runtime.asyncprocessing.AbstractStateIterator;
import org.apache.flink.runtime.asyncprocessing.StateRequestHandler;
import org.apache.flink.runtime.asyncprocessing.StateRequestType;
import org.jspecify.annotations.Nullable;

/**
 * What has been read, and where to read on. Nothing of the engine stays open between two pages, so
 * an iterator may be left at any time.
 */
final class LoadedIterator<T> extends AbstractStateIterator<T> {

    private final @Nullable Continuation continuation;

    /** An iterator over all there is. */
    LoadedIterator(
            State state,
            StateRequestType type,
            StateRequestHandler handler,
            Collection<T> elements) {
        this(state, type, handler, elements, null);
    }

    /**
     * @param continuation null if there is nothing behind the elements
     */
    LoadedIterator(
            State state,
            StateRequestType type,
            StateRequestHandler handler,
            Collection<T> elements,
            @Nullable Continuation continuation) {
        super(state, type, handler, elements);
        this.continuation = continuation;
    }

    /**
     * Asks for the next page.
     *
     * @param type of the request that began the iteration
     * @param behind the serialised user key that the page begins behind; never changed
     * @param entriesMax how many entries the page has at most
     */
    record Continuation(StateRequestType type, Behind behind, int entriesMax) {}

    /** A serialised user key. */
    static final class Behind {

        private final byte[] userKey;

        Behind(byte[] userKey) {
            this.userKey = userKey;
        }

        byte[] userKey() {
            return userKey;
        }
    }

    @Override
    public boolean hasNextLoading() {
        return continuation != null;
    }

    // Flink asks only while there is something to load.
    @Override
    @SuppressWarnings("NullAway")
    protected Object nextPayloadForContinuousLoading() {
        return continuation;
    }
}
