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
package io.flinklsm.core.merge;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A filter whose failures cost nothing but the work that it is for: an entry about which it throws
 * is kept as it is, and the job goes on. Filters call code of users (serializers, clocks), and an
 * entry that stays longer than it should is right data; a store that stops is not.
 *
 * <p>After a failure the job goes on with a filter that has just begun, since the one that threw
 * may have stopped in the middle of an entry (Kryo keeps what it has read). A job that has had
 * {@link #FAILURES_MAX} of them keeps the rest of its entries unseen; the next job asks again.
 *
 * <p>Errors of the virtual machine itself are not caught, but for the two that bytes read as
 * lengths and depths cause: {@link OutOfMemoryError} and {@link StackOverflowError}.
 */
public final class GuardedFilter implements EntryFilter {

    /** Beginning anew may be dear: a serializer is duplicated for it. */
    static final int FAILURES_MAX = 1000;

    /** Hears of every failure; called by the thread of the job. */
    public interface Listener {
        void failed(int keyBytes, Throwable cause);
    }

    private final EntryFilter filter;
    private final Listener listener;

    public GuardedFilter(EntryFilter filter, Listener listener) {
        this.filter = filter;
        this.listener = listener;
    }

    @Override
    public EntryFilter begin() {
        return new OfJob();
    }

    @Override
    public Decision filter(Slice key, Slice value, ValueBuffer replacement) {
        return begin().filter(key, value, replacement);
    }

    @Override
    public @Nullable LargeValue filterLarge(Slice key, LargeValue value) throws IOException {
        return begin().filterLarge(key, value);
    }

    private final class OfJob implements EntryFilter {

        /** Null before the first entry, and after a failure. */
        private @Nullable EntryFilter begun;

        private int failures;

        @Override
        public Decision filter(Slice key, Slice value, ValueBuffer replacement) {
            if (failures == FAILURES_MAX) {
                return Decision.KEEP;
            }
            try {
                return asked().filter(key, value, replacement);
            } catch (Throwable failure) {
                survive(key, failure);
                return Decision.KEEP;
            }
        }

        @Override
        public @Nullable LargeValue filterLarge(Slice key, LargeValue value) throws IOException {
            if (failures == FAILURES_MAX) {
                return value;
            }
            try {
                return asked().filterLarge(key, value);
            } catch (IOException ofFile) {
                throw ofFile;
            } catch (Throwable failure) {
                survive(key, failure);
                return value;
            }
        }

        private EntryFilter asked() {
            EntryFilter asked = begun;
            if (asked == null) {
                asked = filter.begin();
                begun = asked;
            }
            return asked;
        }

        private void survive(Slice key, Throwable failure) {
            if (failure instanceof VirtualMachineError fatal
                    && !(failure instanceof OutOfMemoryError)
                    && !(failure instanceof StackOverflowError)) {
                throw fatal;
            }
            begun = null;
            failures++;
            listener.failed(key.length(), failure);
        }
    }
}
