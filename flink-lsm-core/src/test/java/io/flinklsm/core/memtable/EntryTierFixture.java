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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.MergeOperator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A tier of entries that appends operands, in memory enough; what it took is given back. */
abstract class EntryTierFixture {

    static final MergeOperator COMMA = new AppendOperator(',');

    /** Adds decimal numbers: a fold that is no concatenation. */
    static final MergeOperator SUM =
            (older, newer, out) ->
                    out.append(new Slice(Long.toString(number(older) + number(newer)).getBytes()));

    final MemoryBudget budget = MemoryBudget.root("test", 64 << 20);
    final TierMemory memory = new TierMemory(budget, budget.limitBytes());
    private final List<HotTier> tiers = new ArrayList<>();

    @AfterEach
    void allMemoryIsGivenBack() {
        tiers.forEach(HotTier::close);
        assertThat(budget.usedBytes()).isZero();
        budget.close();
    }

    /** Of a tree that has no files. */
    EntryTier completeTier() {
        return tier(COMMA, true);
    }

    /** Of a tree that has files: what is not here may be there. */
    EntryTier incompleteTier() {
        return tier(COMMA, false);
    }

    EntryTier tier(@Nullable MergeOperator operator, boolean complete) {
        EntryTier tier = new EntryTier(memory, 1, operator, complete, 100);
        tiers.add(tier);
        return tier;
    }

    /** Takes all memory that is free, so that nothing more is allocated. */
    long takeAll() {
        long rest = budget.limitBytes() - budget.usedBytes();
        assertThat(budget.tryReserve(rest)).isTrue();
        return rest;
    }

    /** Evicts until nothing is spared any more. */
    static void evictAll(HotTier tier) {
        for (int i = 0; i < 20; i++) {
            tier.evict();
        }
    }

    /** Whether the key's value is there; without a read that would spare it. */
    static boolean inMemory(HotTier tier, TierProbe probe, String key) {
        return tier.contains(probe.key(key)) == HotTier.FOUND;
    }

    static void assertLiveBytesAreThoseOfRecords(HotTier tier) {
        for (Segments.Segment segment : tier.segments.all()) {
            int liveBytes = 0;
            for (int at = 0; at < segment.usedBytes(); ) {
                long record = segment.address() + at;
                at += Records.sizeBytes(record);
                if (!Records.has(record, Records.DEAD | Records.OLD)) {
                    liveBytes += Records.sizeBytes(record);
                }
            }
            assertThat(segment.liveBytes()).isEqualTo(liveBytes);
        }
    }

    private static long number(Slice text) {
        return Long.parseLong(new String(text.toBytes()));
    }
}
