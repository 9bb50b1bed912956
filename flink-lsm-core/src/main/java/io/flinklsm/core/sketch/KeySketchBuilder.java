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
package io.flinklsm.core.sketch;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the sketch of a file while its entries are written, or read, in key order. It costs a few
 * comparisons an entry; memory is bounded by about 20 KiB. Confined to one thread.
 */
public final class KeySketchBuilder {

    /** How many keys are kept by bytes, and as many by entries. */
    static final int HEAVY_KEYS = 16;

    static final int SAMPLE_HASHES = 512;
    static final int GROUP_SHARES = 128;

    /** A threshold is lowered by this part of itself. */
    private static final int THRESHOLD_STEP_PART = 4;

    /** No more hashes than these stay when the threshold is lowered. */
    private static final int HASHES_LEFT_MAX = 2 * SAMPLE_HASHES * 7 / 8;

    private final int keyGroupBytes;
    private final Slice prefix = new Slice();

    // Of the key whose entries come in; the length is -1 before the first.
    private int keyBytes = -1;
    private long keyHash;
    private long keyEntries;
    private long keyTombstones;
    private long keyTotal;

    // Of the key groups so far: those of one share, the share's width, and the share under way.
    private final int[] groupFirsts = new int[GROUP_SHARES];
    private final long[] groupEntries = new long[GROUP_SHARES];
    private final long[] groupTotals = new long[GROUP_SHARES];
    private int groupCount;
    private int groupWidth = 1;

    // All in all.
    private boolean wholeKeys;
    private long keyCount;
    private long entries;
    private long bytes;
    private final long[] sizes = new long[Long.SIZE];
    private final Heaviest byBytes = new Heaviest();
    private final Heaviest byEntries = new Heaviest();

    // The sample: hashes below the threshold, in no order, twice as many as are kept at most.
    private final long[] hashes = new long[2 * SAMPLE_HASHES];
    private int hashCount;
    private long threshold = KeySample.ALL;

    /**
     * @param keyGroupBytes 0, 1 or 2 bytes at the start of each key
     */
    public KeySketchBuilder(int keyGroupBytes) {
        if (keyGroupBytes < 0 || keyGroupBytes > 2) {
            throw new IllegalArgumentException(
                    "a key group takes 0 to 2 bytes: keyGroupBytes=" + keyGroupBytes);
        }
        this.keyGroupBytes = keyGroupBytes;
    }

    /**
     * Adds an entry.
     *
     * @param entryKey above that of the entry before
     * @param keyLength bytes of it that are key group and key; the whole length if the key of the
     *     entry is all that there is, -1 if nothing tells
     * @param entryHash {@link Slice#hash64} of the whole {@code entryKey}
     * @param before the key of the entry before, as it was given then
     * @param entryBytes of key and value
     */
    public void add(
            Slice entryKey,
            int keyLength,
            long entryHash,
            Slice before,
            EntryKind kind,
            long entryBytes) {
        Invariants.check(
                keyLength <= entryKey.length(),
                "a key is longer than its entry's",
                "keyLength",
                keyLength,
                "entryKey",
                entryKey.length());
        Invariants.check(
                !Invariants.ENABLED || entries == 0 || entryKey.compareTo(before) > 0,
                "the keys of a sketch do not ascend",
                "entries",
                entries);
        Invariants.check(
                entryBytes >= entryKey.length(),
                "an entry is shorter than its key",
                "entryBytes",
                entryBytes);
        wholeKeys |= keyLength < 0;
        if (keyLength < 0 || keyLength == entryKey.length()) {
            // Keys ascend, so two whole ones are never the same.
            endKey(before);
            keyBytes = entryKey.length();
            keyHash = entryHash;
        } else {
            prefix.setRaw(entryKey.rawBase(), entryKey.rawOffset(), keyLength);
            if (keyLength != keyBytes || !before.startsWith(prefix)) {
                endKey(before);
                keyBytes = keyLength;
                keyHash = prefix.hash64();
            }
        }
        keyEntries++;
        keyTombstones += kind == EntryKind.DELETE ? 1 : 0;
        keyTotal += entryBytes;
        entries++;
        bytes += entryBytes;
        sizes[Long.SIZE - 1 - Long.numberOfLeadingZeros(entryBytes | 1)]++;
        if (keyGroupBytes > 0) {
            addToGroup(entryKey, entryBytes);
        }
    }

    private void endKey(Slice key) {
        if (keyBytes < 0) {
            return;
        }
        keyCount++;
        byBytes.offer(key, keyTotal);
        byEntries.offer(key, keyEntries);
        long kept = KeySample.kept(keyHash);
        if (kept < threshold && hashCount == hashes.length) {
            thinOut();
        }
        if (kept < threshold) {
            hashes[hashCount++] = kept;
        }
        keyEntries = 0;
        keyTombstones = 0;
        keyTotal = 0;
    }

    /**
     * Makes room by a lower threshold. Hashes are spread evenly, so one step is enough, and more
     * are left than a sample has.
     */
    private void thinOut() {
        while (hashCount > HASHES_LEFT_MAX) {
            threshold -= threshold / THRESHOLD_STEP_PART + 1;
            int kept = 0;
            for (int i = 0; i < hashCount; i++) {
                if (hashes[i] < threshold) {
                    hashes[kept++] = hashes[i];
                }
            }
            hashCount = kept;
        }
    }

    private void addToGroup(Slice key, long entryBytes) {
        int group = key.byteAt(0) & 0xFF;
        if (keyGroupBytes == 2) {
            group = group << Byte.SIZE | (key.byteAt(1) & 0xFF);
        }
        int last = groupCount - 1;
        if (last < 0 || group >= groupFirsts[last] + groupWidth) {
            if (groupCount == GROUP_SHARES) {
                widenGroups();
                addToGroup(key, entryBytes);
                return;
            }
            last = groupCount++;
            groupFirsts[last] = group / groupWidth * groupWidth;
            groupEntries[last] = 0;
            groupTotals[last] = 0;
        }
        Invariants.check(
                group >= groupFirsts[last],
                "key groups do not ascend",
                "group",
                group,
                "before",
                groupFirsts[last]);
        groupEntries[last]++;
        groupTotals[last] += entryBytes;
    }

    private void widenGroups() {
        groupWidth *= 2;
        int count = 0;
        for (int i = 0; i < groupCount; i++) {
            int first = groupFirsts[i] / groupWidth * groupWidth;
            long shareEntries = groupEntries[i];
            long shareBytes = groupTotals[i];
            if (count > 0 && groupFirsts[count - 1] == first) {
                groupEntries[count - 1] += shareEntries;
                groupTotals[count - 1] += shareBytes;
            } else {
                groupFirsts[count] = first;
                groupEntries[count] = shareEntries;
                groupTotals[count] = shareBytes;
                count++;
            }
        }
        groupCount = count;
    }

    /**
     * The sketch of the entries so far; nothing may be added afterwards.
     *
     * @param last the key of the last entry
     */
    public KeySketch build(Slice last) {
        endKey(last);
        keyBytes = -1;
        Arrays.sort(hashes, 0, hashCount);
        List<KeyGroupShare> groups = new ArrayList<>();
        for (int i = 0; i < groupCount; i++) {
            groups.add(
                    new KeyGroupShare(groupFirsts[i], groupWidth, groupEntries[i], groupTotals[i]));
        }
        Set<HeavyKey> heaviest = new HashSet<>(byBytes.keys());
        heaviest.addAll(byEntries.keys());
        return new KeySketch(
                wholeKeys,
                keyCount,
                entries,
                bytes,
                sizes(),
                groups,
                new HeavyKeys(
                        heaviest.stream().sorted(LARGEST_FIRST).toList(),
                        byBytes.omitted,
                        byEntries.omitted),
                sample());
    }

    /** Without the zeros at the end. */
    private List<Long> sizes() {
        int count = sizes.length;
        while (count > 0 && sizes[count - 1] == 0) {
            count--;
        }
        return Arrays.stream(sizes, 0, count).boxed().toList();
    }

    /** The largest first; of equal ones the smaller key. */
    static final Comparator<HeavyKey> LARGEST_FIRST =
            Comparator.comparingLong((HeavyKey key) -> -key.bytes())
                    .thenComparing(HeavyKey::key)
                    .thenComparingLong(HeavyKey::hash);

    private KeySample sample() {
        long[] distinct = new long[hashCount];
        int kept = 0;
        for (int i = 0; i < hashCount; i++) {
            // Two keys in a billion billion have the same bits, and count as one.
            if (kept == 0 || distinct[kept - 1] != hashes[i]) {
                distinct[kept++] = hashes[i];
            }
        }
        return new KeySample(threshold, Arrays.copyOf(distinct, kept)).cutTo(SAMPLE_HASHES);
    }

    /** The keys with the most of something, and the most that any other one has. */
    private final class Heaviest {
        private final @Nullable HeavyKey[] keys = new HeavyKey[HEAVY_KEYS];
        private final long[] weights = new long[HEAVY_KEYS];
        private int lightest;
        private long omitted;

        /** Takes the key that ends, if it weighs more than one of those. */
        void offer(Slice key, long weight) {
            long least = weights[lightest];
            if (weight <= least) {
                omitted = Math.max(omitted, weight);
                return;
            }
            omitted = Math.max(omitted, least);
            byte[] kept = new byte[Math.min(keyBytes, HeavyKey.KEY_BYTES_MAX)];
            prefixOf(key, kept.length).copyTo(kept, 0);
            keys[lightest] =
                    new HeavyKey(
                            OwnedSlice.wrap(kept), keyHash, keyEntries, keyTombstones, keyTotal);
            weights[lightest] = weight;
            for (int i = 0; i < HEAVY_KEYS; i++) {
                if (weights[i] < weights[lightest]) {
                    lightest = i;
                }
            }
        }

        private Slice prefixOf(Slice key, int length) {
            return new Slice().setRaw(key.rawBase(), key.rawOffset(), length);
        }

        List<HeavyKey> keys() {
            List<HeavyKey> list = new ArrayList<>();
            for (HeavyKey key : keys) {
                if (key != null) {
                    list.add(key);
                }
            }
            return list;
        }
    }
}
