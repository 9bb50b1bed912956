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

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.KeyBuffer;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The sources that one lookup may ask, newest first, held until they were asked. Each has a filter,
 * most filters say no, and the place where a filter says it is hardly ever in the processor's
 * cache. So all these places are looked at together before the first source is asked: the processor
 * fetches several in the time that one takes. Reusable; confined to one thread.
 */
public final class Candidates {

    /** A source that may have an entry of the key. */
    public interface Source {

        /**
         * Offers the key's entry to the lookup, if there is one; true if the lookup is done.
         *
         * @param part which part of the source the key belongs to
         */
        boolean get(int part, KeyBuffer key, Lookup lookup) throws IOException;

        /** It was asked, or need not be. */
        void release();
    }

    /** For a source that has no filter, or has it elsewhere. */
    public static final long NO_PLACE = 0;

    private @Nullable Source[] sources = new Source[8];
    private int[] parts = new int[8];
    private long[] filterPlaces = new long[8];
    private int count;

    /** Kept so that the compiler cannot leave the fetching out. */
    private int fetched;

    /**
     * Adds a source that is older than those that were added.
     *
     * @param source released once, whatever happens
     * @param part given to the source when it is asked
     * @param filterPlace address at which its filter will be asked, readable while the source is
     *     held; or {@link #NO_PLACE}
     */
    public void add(Source source, int part, long filterPlace) {
        if (count == parts.length) {
            sources = Arrays.copyOf(sources, count * 2);
            parts = Arrays.copyOf(parts, count * 2);
            filterPlaces = Arrays.copyOf(filterPlaces, count * 2);
        }
        sources[count] = source;
        parts[count] = part;
        filterPlaces[count] = filterPlace;
        count++;
    }

    /** Asks them until the lookup is done, and releases them all; true if it is. */
    public boolean ask(KeyBuffer key, Lookup lookup) throws IOException {
        try {
            fetchFilters();
            for (int i = 0; i < count; i++) {
                Source source = sources[i];
                Invariants.check(source != null, "a candidate was let go before it was asked");
                if (source.get(parts[i], key, lookup)) {
                    return true;
                }
            }
            return false;
        } finally {
            release();
        }
    }

    /** No step waits for the one before it. */
    private void fetchFilters() {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            if (filterPlaces[i] != NO_PLACE) {
                sum += RawMemory.getByte(null, filterPlaces[i]);
            }
        }
        fetched = sum;
    }

    /** Releases those that are held still. */
    public void release() {
        RuntimeException failure = null;
        while (count > 0) {
            count--;
            Source source = sources[count];
            sources[count] = null;
            try {
                if (source != null) {
                    source.release();
                }
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public String toString() {
        return count + " candidates, fetched " + fetched;
    }
}
