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
package io.flinklsm.inspect.profile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The heaviest of very many things that come in no order, in bounded memory: when there are too
 * many, each loses what the median of them weighs, and those that have nothing left go (Misra and
 * Gries, "Finding repeated elements", 1982, with weights). What went weighs at most {@link
 * #missedAtMost}; a second pass over the same things, with {@link #recount}, makes the weights of
 * those that stayed exact. Confined to one thread.
 *
 * @param <T> what is counted, with value equality; the order breaks ties
 */
final class HeavyHitters<T extends Comparable<T>> {

    private final int capacity;
    private final Map<T, Count> counts = new HashMap<>();
    private long missed;
    private boolean isRecount;

    /** What is known of a thing. */
    static final class Count {
        long weight;
        long entries;
        long bytes;

        private void add(long moreWeight, long moreBytes) {
            weight += moreWeight;
            entries++;
            bytes += moreBytes;
        }
    }

    HeavyHitters(int capacity) {
        this.capacity = capacity;
    }

    /** How many different things are counted. */
    int size() {
        return counts.size();
    }

    void add(T thing, long weight, long bytes) {
        Count count = counts.get(thing);
        if (count == null) {
            if (isRecount) {
                return;
            }
            if (counts.size() == capacity) {
                thinOut();
            }
            count = new Count();
            counts.put(thing, count);
        }
        count.add(weight, bytes);
    }

    private void thinOut() {
        long[] weights = counts.values().stream().mapToLong(count -> count.weight).toArray();
        Arrays.sort(weights);
        long median = weights[weights.length / 2];
        missed += median;
        counts.values().removeIf(count -> (count.weight -= median) <= 0);
    }

    /** No thing that is not among the counted ones weighs more; 0 if all are. */
    long missedAtMost() {
        return missed;
    }

    /** Forgets the weights and counts, from now on, only things that are known. */
    void recount() {
        isRecount = true;
        for (Count count : counts.values()) {
            count.weight = 0;
            count.entries = 0;
            count.bytes = 0;
        }
    }

    /** The heaviest first. */
    List<Map.Entry<T, Count>> heaviest(int limit) {
        List<Map.Entry<T, Count>> all = new ArrayList<>(counts.entrySet());
        all.sort(
                Comparator.comparingLong((Map.Entry<T, Count> entry) -> -entry.getValue().weight)
                        .thenComparing(Map.Entry.comparingByKey()));
        return all.subList(0, Math.min(limit, all.size()));
    }
}
