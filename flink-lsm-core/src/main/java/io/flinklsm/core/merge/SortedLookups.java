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

import io.flinklsm.core.bytes.KeyHash;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Point lookups of several keys, in key order, that go through the sources together, newest first.
 * A source is asked for all keys that are still open, so it does once what the keys in one of its
 * places have in common. What comes out is for each key what a {@link Lookup} of its own would have
 * come to, be it a failure.
 *
 * <pre>
 * keys         a b c d e f
 * run 1        - 2 - - 2 -       open afterwards: a c d f
 * run 2        1 1 ! - - -       c could not be read; open afterwards: d f
 * </pre>
 *
 * <p>A key is known by its place among the open ones, which holds until {@link #dropDone}; a
 * failure is asked for in the order of {@link #add}. Confined to one thread.
 */
public final class SortedLookups {

    // By the order in which they were added.
    private final Slice[] keys;
    private final long[] hashes;
    private final Lookup[] lookups;
    private final @Nullable IOException[] failures;
    private int count;

    /** The keys that are not done, ascending; whole once the first source is asked. */
    private final int[] open;

    private int openCount;

    /**
     * @param room for so many keys
     */
    public SortedLookups(int room) {
        keys = new Slice[room];
        hashes = new long[room];
        lookups = new Lookup[room];
        failures = new IOException[room];
        open = new int[room];
    }

    /**
     * Adds a key, which is not below the last one; before any source is asked.
     *
     * @param lookup was started, and is not done
     */
    public void add(OwnedSlice key, Lookup lookup) {
        Slice slice = keys[count];
        if (slice == null) {
            slice = new Slice();
            keys[count] = slice;
        }
        slice.setOwned(key);
        if (Invariants.ENABLED) {
            Invariants.check(
                    openCount == count
                            && (count == 0 || keys[count - 1].compareTo(slice) <= 0)
                            && !lookup.isDone(),
                    "a key is added out of order, or after sources were asked",
                    "keys",
                    count,
                    "open",
                    openCount);
        }
        hashes[count] = KeyHash.hash(key.bytesUnsafe(), 0, key.length());
        lookups[count] = lookup;
        open[openCount++] = count++;
    }

    /** Forgets all keys, for others. */
    public void clear() {
        Arrays.fill(failures, 0, count, null);
        count = 0;
        openCount = 0;
    }

    /** How many keys are not done. */
    public int openCount() {
        return openCount;
    }

    /** Borrowed, as all of them are. */
    public Slice key(int place) {
        return keys[open[place]];
    }

    /** {@link KeyHash} of the key. */
    public long hash(int place) {
        return hashes[open[place]];
    }

    public Lookup lookup(int place) {
        return lookups[open[place]];
    }

    /** Notes that an open key cannot be looked up any further. */
    public void fail(int place, IOException failure) {
        failures[open[place]] = failure;
    }

    /** Notes that from one place to before another no key can be looked up any further. */
    public void fail(int from, int to, IOException failure) {
        for (int place = from; place < to; place++) {
            fail(place, failure);
        }
    }

    /** Why a key could not be looked up, by the order in which it was added; null if it was. */
    public @Nullable IOException failure(int index) {
        return failures[index];
    }

    /** Leaves the next source only what is not done and did not fail. */
    public void dropDone() {
        int left = 0;
        for (int place = 0; place < openCount; place++) {
            int index = open[place];
            if (!lookups[index].isDone() && failures[index] == null) {
                open[left++] = index;
            }
        }
        openCount = left;
    }

    /** The first place from one on, and before another, whose key is not below a key. */
    public int firstNotBelow(OwnedSlice key, int from, int to) {
        Slice wanted = new Slice().setOwned(key);
        int place = from;
        while (place < to && key(place).compareTo(wanted) < 0) {
            place++;
        }
        return place;
    }

    @Override
    public String toString() {
        return "open=" + Arrays.toString(Arrays.copyOf(open, openCount)) + " of " + count;
    }
}
