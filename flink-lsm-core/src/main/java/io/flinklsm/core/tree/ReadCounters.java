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
package io.flinklsm.core.tree;

import io.flinklsm.core.merge.Lookup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts where the reads of one tree end. The writer counts without an atomic instruction: it is
 * the only one that adds to its counts, and others see them a little late. Safe for any thread, as
 * long as only the writer says that it is the writer.
 */
public final class ReadCounters {

    private static final VarHandle MEMORY_OF_WRITER;

    static {
        try {
            MEMORY_OF_WRITER =
                    MethodHandles.lookup()
                            .findVarHandle(ReadCounters.class, "memoryOfWriter", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int MEMORY = 0;
    private static final int CACHE = 1;
    private static final int FILE = 2;
    private static final int NO_BLOCK = 3;
    private static final int MERGE = 4;
    private static final int FILTER_NEGATIVE = 5;
    private static final int FILTER_TRUE = 6;
    private static final int FILTER_FALSE = 7;
    private static final int COUNTS = 8;

    private final boolean isOn;

    /** Beside the switch, in one line of the processor's cache: most reads end so. */
    private long memoryOfWriter;

    private final AtomicLongArray ofWriter = new AtomicLongArray(COUNTS);
    private final AtomicLongArray ofOthers = new AtomicLongArray(COUNTS);

    /**
     * @param isOn whether anything is counted
     */
    public ReadCounters(boolean isOn) {
        this.isOn = isOn;
    }

    /** Memory has answered. */
    public void memory(boolean isWriter) {
        if (!isWriter) {
            add(MEMORY, 1, false);
        } else if (isOn) {
            MEMORY_OF_WRITER.setOpaque(this, memoryOfWriter + 1);
        }
    }

    /** Memory and files were merged for a page of a map, or to know whether it has entries. */
    public void merge(boolean isWriter) {
        add(MERGE, 1, isWriter);
    }

    /** A lookup has asked the files. */
    public void files(Lookup lookup, boolean isWriter) {
        if (lookup.blocksRead() > 0) {
            add(FILE, 1, isWriter);
        } else if (lookup.blocksCached() > 0) {
            add(CACHE, 1, isWriter);
        } else {
            add(NO_BLOCK, 1, isWriter);
        }
        add(FILTER_NEGATIVE, lookup.filterNegatives(), isWriter);
        add(FILTER_TRUE, lookup.filterTrue(), isWriter);
        add(FILTER_FALSE, lookup.filterFalse(), isWriter);
    }

    /**
     * Several lookups of a thread that is not the writer's have asked the files; the first ones.
     */
    public void filesOfOthers(Lookup[] lookups, int lookupCount) {
        if (!isOn) {
            return;
        }
        int fromFile = 0;
        int fromCache = 0;
        int negative = 0;
        int truePositive = 0;
        int falsePositive = 0;
        for (int i = 0; i < lookupCount; i++) {
            Lookup lookup = lookups[i];
            fromFile += lookup.blocksRead() > 0 ? 1 : 0;
            fromCache += lookup.blocksRead() == 0 && lookup.blocksCached() > 0 ? 1 : 0;
            negative += lookup.filterNegatives();
            truePositive += lookup.filterTrue();
            falsePositive += lookup.filterFalse();
        }
        add(FILE, fromFile, false);
        add(CACHE, fromCache, false);
        add(NO_BLOCK, lookupCount - fromFile - fromCache, false);
        add(FILTER_NEGATIVE, negative, false);
        add(FILTER_TRUE, truePositive, false);
        add(FILTER_FALSE, falsePositive, false);
    }

    private void add(int count, int times, boolean isWriter) {
        if (times == 0 || !isOn) {
            return;
        }
        if (isWriter) {
            ofWriter.setOpaque(count, ofWriter.getPlain(count) + times);
        } else {
            ofOthers.getAndAdd(count, times);
        }
    }

    /** What was counted so far. */
    public ReadStats stats() {
        return new ReadStats(
                (long) MEMORY_OF_WRITER.getOpaque(this) + get(MEMORY),
                get(CACHE),
                get(FILE),
                get(NO_BLOCK),
                get(MERGE),
                get(FILTER_NEGATIVE) + get(FILTER_TRUE) + get(FILTER_FALSE),
                get(FILTER_NEGATIVE),
                get(FILTER_FALSE));
    }

    private long get(int count) {
        return ofWriter.getOpaque(count) + ofOthers.get(count);
    }
}
