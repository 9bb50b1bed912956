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
package io.flinklsm.core.write;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.Lookups;
import io.flinklsm.core.tree.Paths;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionSet;
import io.flinklsm.core.view.ReadView;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A writer without a background: a test says when something is flushed, and no flush makes a file,
 * so that what is in memory is all there is. Only the test moves the clock.
 */
final class WriterFixture implements Paths, AutoCloseable {

    /** The least that a slot works with. */
    static final int SLOT_BYTES = 2 << 20;

    static final StallRule NEVER_SLOW = new StallRule(10, 20, 4, 1L << 30, 1L << 31);

    final ManualClock clock = new ManualClock();
    final Slot slot;
    final Upkeep upkeep = new Upkeep();
    final StoreWriter writer;

    /** Names of the trees whose flush was asked for. */
    final List<String> flushesAsked = new ArrayList<>();

    /** Generation and kind of each entry that went past the tier. */
    final List<String> largeWritten = new ArrayList<>();

    final List<LsmEvent> events = new ArrayList<>();

    /** Whether a flush that is asked for is done at once. */
    boolean flushesAtOnce;

    /** What happens whenever a flush is asked for. */
    Runnable whenFlushIsAsked = () -> {};

    boolean isInterruptedInFlush;
    long debtBytes;

    private final ObsoleteFiles obsoleteFiles = new ObsoleteFiles();
    private final OpenSstables openSstables;
    private final List<TreeState> trees = new ArrayList<>();

    WriterFixture(long memtableBytes) {
        this(memtableBytes, NEVER_SLOW);
    }

    WriterFixture(long memtableBytes, StallRule stallRule) {
        this(memtableBytes, stallRule, SLOT_BYTES);
    }

    WriterFixture(long memtableBytes, StallRule stallRule, long slotBytes) {
        slot = new Slot("writer", slotBytes, 1, clock);
        InMemoryStorage storage = new InMemoryStorage();
        openSstables = new OpenSstables(storage, slot.cacheBudget(), slot.blockCache(), 10);
        StoreFiles files =
                new StoreFiles(
                        storage,
                        openSstables,
                        obsoleteFiles,
                        new SstableOptions(512, 16, 16 << 10, 10, SstableCodec.LZ4_RAW, 0),
                        Map.of(),
                        slot.memory().limitBytes());
        writer =
                new StoreWriter(
                        upkeep,
                        slot,
                        files,
                        stallRule,
                        new FlushPace(slot.tierMemory()),
                        memtableBytes);
        upkeep.connect(this);
        upkeep.setListener(events::add);
        slot.register(writer);
    }

    TreeState tree(String name) {
        return tree(name, TreeOptions.DEFAULTS);
    }

    TreeState tree(String name, TreeOptions options) {
        upkeep.lock().lock();
        try {
            TreeState tree =
                    new TreeState(
                            name,
                            options,
                            new VersionSet(name, openSstables, obsoleteFiles, Version.EMPTY),
                            writer.newTier(options, true),
                            upkeep,
                            obsoleteFiles,
                            slot.tierMemory(),
                            false);
            writer.add(tree);
            trees.add(tree);
            return tree;
        } finally {
            upkeep.lock().unlock();
        }
    }

    TreeWriter writerOf(TreeState tree) {
        return new TreeWriter(writer, tree, new Lookups(tree));
    }

    /** Numbers of the generations that wait for their flush, oldest first. */
    List<Long> frozen(TreeState tree) {
        upkeep.lock().lock();
        try {
            return tree.frozen().stream().map(frozen -> frozen.generation().number()).toList();
        } finally {
            upkeep.lock().unlock();
        }
    }

    List<Long> barriers(TreeState tree) {
        upkeep.lock().lock();
        try {
            return tree.frozen().stream().map(frozen -> frozen.barrier()).toList();
        } finally {
            upkeep.lock().unlock();
        }
    }

    /** Flushes the oldest generations of one barrier, if there are any, and signals progress. */
    boolean flushOnce(TreeState tree) {
        ReadView old;
        upkeep.lock().lock();
        try {
            FlushPlan plan = tree.beginFlush(true, Long.MAX_VALUE);
            if (plan == null) {
                return false;
            }
            tree.endFlush();
            old = tree.installFlushed(plan, List.of());
            upkeep.lock().signalProgress();
        } finally {
            upkeep.lock().unlock();
        }
        TreeState.release(old);
        return true;
    }

    /** What memory says of the key: its value, or null if it has none there. */
    @Nullable String find(TreeState tree, String key) {
        ValueBuffer out = new ValueBuffer();
        HotTier tier = tree.tier();
        tier.lock();
        try {
            Lookup lookup = new Lookup();
            int found = tier.find(key(key), out, lookup);
            lookup.end();
            return found == HotTier.FOUND
                    ? new String(out.toBytes(), StandardCharsets.US_ASCII)
                    : null;
        } finally {
            tier.unlock();
        }
    }

    static KeyBuffer key(String text) {
        byte[] bytes = bytes(text);
        return new KeyBuffer().set(bytes, 0, bytes.length);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    // ------------------------------------------------------------------------------------- paths

    @Override
    public void scheduleFlush(TreeState tree) {
        flushesAsked.add(tree.name());
        whenFlushIsAsked.run();
        if (flushesAtOnce && !tree.isFlushing()) {
            flushOnce(tree);
        }
    }

    @Override
    public void scheduleCompaction(TreeState tree) {}

    @Override
    public void scheduleDeletion() {}

    @Override
    public long compactionDebtBytes(TreeState tree) {
        return debtBytes;
    }

    @Override
    public void flushThrough(TreeState tree, BooleanSupplier isFlushed)
            throws InterruptedException {
        if (isInterruptedInFlush) {
            throw new InterruptedException("this flush is interrupted");
        }
        while (flushOnce(tree)) {
            // One barrier after another.
        }
        upkeep.lock().lock();
        try {
            if (!isFlushed.getAsBoolean()) {
                throw new AssertionError("not everything was flushed");
            }
        } finally {
            upkeep.lock().unlock();
        }
    }

    @Override
    public void writeLarge(
            TreeState tree, long generation, Slice key, EntryKind kind, LargeValue value) {
        largeWritten.add(generation + " " + kind + " " + key + " " + value.length());
    }

    @Override
    public void close() {
        upkeep.stop();
        slot.unregister(writer);
        trees.forEach(TreeState::close);
        openSstables.close();
        slot.close();
    }
}
