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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.KeyBuffer;

/**
 * What stands under each prefix (a map's key group, key and namespace): refs of the newest records
 * in memory whose keys begin with it, and whether they are all that there is.
 *
 * <pre>
 * group   a record of kind GROUP in a generation of its own; its key is the prefix, its value
 *          0  int  count of records, listed or not
 *          4  int  how many refs at the array's start are in key order
 *          8  int  COMPLETE, LISTED
 *         12  refs of the records
 * </pre>
 *
 * <p>A ref stands in its group exactly while the index has it. New refs go to the array's end, and
 * are sorted when the group is iterated. A group of very many records keeps no list: iterating it
 * reads the sources one by one. A group of none counts as garbage.
 *
 * <p>COMPLETE says: every live entry with the prefix is in memory. It is true from birth if the
 * whole tree is complete then, or after all of the prefix was read; and until one of its records is
 * evicted. Guarded by the tier's lock.
 */
final class PrefixGroups {

    /** More are not listed: finding one ref among them would cost more than it saves. */
    static final int LISTED_MAX = 4096;

    /** So many refs are searched one by one: they stand beside each other, and records do not. */
    private static final int SCANNED_MAX = 64;

    private static final int COMPLETE = 1;
    private static final int LISTED = 2;

    private static final int COUNT_OFFSET = 0;
    private static final int SORTED_OFFSET = 4;
    private static final int FLAGS_OFFSET = 8;
    private static final int REFS_OFFSET = 12;
    private static final int CAPACITY_MIN = 3;

    private static final int NO_REF = Segments.NO_REF;

    private final HotTier tier;
    private final Segments segments;
    private final RecordIndex index;

    PrefixGroups(HotTier tier, Segments segments) {
        this.tier = tier;
        this.segments = segments;
        this.index = new RecordIndex(segments);
    }

    RecordIndex index() {
        return index;
    }

    /** Address of the prefix's group, or 0. Any record that is created or moved may move it. */
    long find(KeyBuffer key) {
        long slot = index.find(key.array(), key.prefixLength(), key.prefixHash());
        return slot == 0 ? 0 : segments.address(RecordIndex.ref(slot));
    }

    /** Ref of the group of a record's prefix, or none. */
    private int refOf(long record) {
        int prefixLength = Records.prefixLength(record);
        long slot =
                index.findAt(
                        Records.keyAddress(record),
                        prefixLength,
                        Records.keyHash(record, prefixLength));
        return slot == 0 ? NO_REF : RecordIndex.ref(slot);
    }

    /** Address of the group of a record that the index has. */
    private long findOf(long record) {
        int ref = refOf(record);
        if (ref == NO_REF) {
            throw new AssertionError("a record has no group");
        }
        return segments.address(ref);
    }

    /** Makes sure that there is a group with room for one more; false if there is no memory. */
    boolean prepare(KeyBuffer key) {
        long slot = index.find(key.array(), key.prefixLength(), key.prefixHash());
        if (slot == 0) {
            return create(key, CAPACITY_MIN) != NO_REF;
        }
        int ref = RecordIndex.ref(slot);
        long value = Records.valueAddress(segments.address(ref));
        if (!isListed(value)) {
            return true;
        }
        int count = count(value);
        if (count >= LISTED_MAX) {
            setFlags(value, flags(value) & ~LISTED);
            return true;
        }
        return REFS_OFFSET + (count + 1) * Integer.BYTES <= room(ref)
                || grow(key, slot, ref, count);
    }

    private int room(int ref) {
        return Records.valueCapacity(segments.address(ref));
    }

    private int create(KeyBuffer key, int capacity) {
        if (!index.prepare(key.prefixHash())) {
            return NO_REF;
        }
        int ref = allocate(key, capacity);
        if (ref != NO_REF) {
            long value = Records.valueAddress(segments.address(ref));
            RawMemory.putInt(null, value + COUNT_OFFSET, 0);
            RawMemory.putInt(null, value + SORTED_OFFSET, 0);
            setFlags(value, tier.isCompleteLocked() ? COMPLETE | LISTED : LISTED);
            index.insert(key.prefixHash(), ref);
            tier.countGroup(ref, false);
        }
        return ref;
    }

    private boolean grow(KeyBuffer key, long slot, int ref, int count) {
        int larger = allocate(key, Math.min(LISTED_MAX, 2 * count + 1));
        if (larger == NO_REF) {
            return false;
        }
        RawMemory.copy(
                null,
                Records.valueAddress(segments.address(ref)),
                null,
                Records.valueAddress(segments.address(larger)),
                REFS_OFFSET + (long) count * Integer.BYTES);
        RecordIndex.setRef(slot, larger);
        tier.becomeGarbage(ref, Records.OLD);
        return true;
    }

    private int allocate(KeyBuffer key, int capacity) {
        int valueBytes = REFS_OFFSET + capacity * Integer.BYTES;
        int sizeBytes = (int) Records.sizeBytes(Records.GROUP, key.prefixLength(), valueBytes);
        int ref = tier.allocateGroup(sizeBytes);
        if (ref != NO_REF) {
            Records.init(
                    segments.address(ref),
                    sizeBytes,
                    key.array(),
                    key.prefixLength(),
                    key.prefixLength(),
                    Records.GROUP,
                    0);
        }
        return ref;
    }

    /** The index has got a record; after {@link #prepare} for its key. */
    void add(KeyBuffer key, int ref) {
        int group = RecordIndex.ref(index.find(key.array(), key.prefixLength(), key.prefixHash()));
        long value = Records.valueAddress(segments.address(group));
        int count = count(value);
        if (isListed(value)) {
            putRef(value, count, ref);
        }
        RawMemory.putInt(null, value + COUNT_OFFSET, count + 1);
        if (count == 0) {
            tier.countGroup(group, true);
        }
    }

    /**
     * The index has another record of the same key. All that the list names still stands where it
     * did.
     *
     * @param record one that has the key
     */
    void replace(long record, int oldRef, int newRef) {
        long group = findOf(record);
        long value = Records.valueAddress(group);
        if (isListed(value)) {
            putRef(value, position(group, record, oldRef), newRef);
        }
    }

    /**
     * The index has lost a record.
     *
     * @param isKnown whether it is known that no source has an entry of the key any more
     */
    void remove(long record, int ref, boolean isKnown) {
        long group = findOf(record);
        long value = Records.valueAddress(group);
        int count = count(value) - 1;
        if (isListed(value)) {
            int at = position(group, record, ref);
            int sorted = sortedCount(value);
            // The order of what is behind the sorted ones does not matter.
            RawMemory.move(
                    value + REFS_OFFSET + (at + 1L) * Integer.BYTES,
                    value + REFS_OFFSET + (long) at * Integer.BYTES,
                    (long) (count - at) * Integer.BYTES);
            if (at < sorted) {
                RawMemory.putInt(null, value + SORTED_OFFSET, sorted - 1);
            }
        }
        RawMemory.putInt(null, value + COUNT_OFFSET, count);
        int flags = flags(value);
        if (count == 0) {
            RawMemory.putInt(null, value + SORTED_OFFSET, 0);
            flags |= LISTED;
            tier.countGroup(refOf(record), false);
        }
        setFlags(value, isKnown ? flags : flags & ~COMPLETE);
    }

    /** Something of the record's prefix is no longer in memory. */
    void becomeIncomplete(long record) {
        int ref = refOf(record);
        if (ref != NO_REF) {
            long value = Records.valueAddress(segments.address(ref));
            setFlags(value, flags(value) & ~COMPLETE);
        }
    }

    /** Something of the key's prefix is in files alone. */
    void becomeIncomplete(KeyBuffer key) {
        long group = find(key);
        if (group != 0) {
            long value = Records.valueAddress(group);
            setFlags(value, flags(value) & ~COMPLETE);
        }
    }

    /** All live entries of the prefix are in memory; the group is there. */
    void becomeComplete(KeyBuffer prefix) {
        long value = Records.valueAddress(find(prefix));
        setFlags(value, flags(value) | COMPLETE);
    }

    /** Whether a group, given by its address, has nothing and may be forgotten. */
    static boolean isEmpty(long group) {
        return count(Records.valueAddress(group)) == 0;
    }

    static boolean isComplete(long group) {
        return (flags(Records.valueAddress(group)) & COMPLETE) != 0;
    }

    /** Whether the group has a list of its records. */
    static boolean hasList(long group) {
        return isListed(Records.valueAddress(group));
    }

    static int recordCount(long group) {
        return count(Records.valueAddress(group));
    }

    /** The ref at an index of the list. */
    static int refAt(long group, int at) {
        return RawMemory.getInt(
                null, Records.valueAddress(group) + REFS_OFFSET + (long) at * Integer.BYTES);
    }

    /** Brings the list into key order. */
    void sort(long group) {
        long value = Records.valueAddress(group);
        int count = count(value);
        int sorted = sortedCount(value);
        if (sorted == count) {
            return;
        }
        int[] refs = new int[count];
        for (int i = 0; i < count; i++) {
            refs[i] = RawMemory.getInt(null, value + REFS_OFFSET + (long) i * Integer.BYTES);
        }
        RecordSorter sorter = new RecordSorter(segments);
        sorter.sort(refs, sorted, count, Records.keyLength(group));
        int[] merged = sorter.mergeRuns(refs, sorted);
        for (int i = 0; i < count; i++) {
            putRef(value, i, merged[i]);
        }
        RawMemory.putInt(null, value + SORTED_OFFSET, count);
    }

    /** Index of the first of the sorted refs whose key is above the given one. */
    int firstAbove(long group, Slice key) {
        Slice view = new Slice();
        int low = 0;
        int high = recordCount(group);
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Records.viewKey(segments.address(refAt(group, middle)), view).compareTo(key) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Where the ref stands in the list; the record has its key. */
    private int position(long group, long record, int ref) {
        long value = Records.valueAddress(group);
        int count = count(value);
        int scannedFrom = 0;
        if (count > SCANNED_MAX) {
            if (count - sortedCount(value) > SCANNED_MAX) {
                sort(group);
            }
            int sorted = sortedCount(value);
            int at = firstAtOrAbove(group, sorted, record);
            if (at < sorted && refAt(group, at) == ref) {
                return at;
            }
            scannedFrom = sorted;
        }
        for (int i = scannedFrom; i < count; i++) {
            if (refAt(group, i) == ref) {
                return i;
            }
        }
        throw new AssertionError("a group has lost a record: ref=" + ref + ", count=" + count);
    }

    /** Index of the first of so many sorted refs whose key is not below that of the record. */
    private int firstAtOrAbove(long group, int sorted, long record) {
        int low = 0;
        int high = sorted;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Records.compareKeys(segments.address(refAt(group, middle)), record) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static int count(long value) {
        return RawMemory.getInt(null, value + COUNT_OFFSET);
    }

    private static int sortedCount(long value) {
        return RawMemory.getInt(null, value + SORTED_OFFSET);
    }

    private static int flags(long value) {
        return RawMemory.getInt(null, value + FLAGS_OFFSET);
    }

    private static void setFlags(long value, int flags) {
        RawMemory.putInt(null, value + FLAGS_OFFSET, flags);
    }

    private static boolean isListed(long value) {
        return (flags(value) & LISTED) != 0;
    }

    private static void putRef(long value, int at, int ref) {
        RawMemory.putInt(null, value + REFS_OFFSET + (long) at * Integer.BYTES, ref);
    }
}
