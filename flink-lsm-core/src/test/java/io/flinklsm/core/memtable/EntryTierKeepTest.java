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

import static io.flinklsm.core.memtable.TierProbe.ABSENT;
import static io.flinklsm.core.memtable.TierProbe.UNKNOWN;
import static io.flinklsm.core.memtable.TierProbe.entries;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a tier of entries keeps of what was read from files. */
final class EntryTierKeepTest extends EntryTierFixture {

    @Test
    void aValueReadFromFilesIsKeptWhileMemoryIsFree() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());

        assertThat(probe.keep("k", "from a file")).isTrue();

        assertThat(probe.get("k")).isEqualTo("from a file");
        assertThat(probe.freeze()).as("nothing that a file needs").isNull();
    }

    @Test
    void inFullMemoryAValueIsKeptWhenItIsMissedTheSecondTime() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("other", "value");
        long held = takeAll();

        assertThat(probe.keep("k", "value".repeat(40))).as("first miss").isTrue();
        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
        assertThat(probe.keep("k", "value".repeat(40))).as("second miss").isFalse();
        budget.unreserve(held);
        assertThat(probe.keep("k", "value".repeat(40))).isTrue();

        assertThat(probe.get("k")).isEqualTo("value".repeat(40));
    }

    @Test
    void aLongValueIsNotKept() {
        TierProbe probe = new TierProbe(incompleteTier());

        assertThat(probe.keep("k", "v".repeat(40_000))).isTrue();

        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
    }

    @Test
    void whatIsInMemoryIsNewerThanWhatIsKept() {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.put("put", "new");
        probe.delete("deleted");
        probe.merge("merged", "operand");

        probe.keep("put", "old");
        probe.keep("deleted", "old");
        probe.keep("merged", "old");

        assertThat(probe.get("put")).isEqualTo("new");
        assertThat(probe.get("deleted")).isEqualTo(ABSENT);
        assertThat(probe.get("merged")).isEqualTo(UNKNOWN + "operand");
    }

    @Test
    void aKeptValueTakesOperandsAndGivesWayToPuts() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.keep("k", "a");
        probe.keep("l", "a");

        probe.merge("k", "b");
        probe.put("l", "b");

        assertThat(probe.get("k")).isEqualTo("a,b");
        assertThat(probe.get("l")).isEqualTo("b");
        assertThat(entries(probe.freeze())).containsExactly("k:MERGE b", "l:PUT b");
    }

    // ------------------------------------------------------------------------ keep below operands

    @Test
    void whatFilesHaveIsKeptBelowAnOperand() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.merge("k", "b");

        assertThat(probe.keepBelow("k", "a,b")).isTrue();

        assertThat(probe.get("k")).isEqualTo("a,b");
        Generation frozen = probe.freeze();
        assertThat(entries(frozen)).as("no more is flushed for it").containsExactly("k:MERGE b");
        probe.merge("k", "c");
        assertThat(probe.get("k")).isEqualTo("a,b,c");
        probe.flush(frozen);
        assertThat(probe.get("k")).isEqualTo("a,b,c");
        assertThat(entries(probe.freeze())).containsExactly("k:MERGE c");
    }

    @Test
    void whatFilesHaveIsKeptBelowTheOperandsOfSeveralGenerations() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.merge("k", "b");
        probe.flush();
        probe.merge("k", "c");
        Generation frozen = probe.freeze();
        probe.merge("k", "d");
        assertThat(probe.get("k")).as("what no file has").isEqualTo(UNKNOWN + "c,d");

        assertThat(probe.keepBelow("k", "a,b,c,d")).isTrue();

        assertThat(probe.get("k")).isEqualTo("a,b,c,d");
        assertThat(entries(frozen)).containsExactly("k:MERGE c");
        probe.flush(frozen);
        assertThat(probe.get("k")).isEqualTo("a,b,c,d");
        probe.flush();
        evictAll(tier);
        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
        assertThat(tier.index.count()).isZero();
    }

    @Test
    void anOperandThatFilesHaveGivesWayToTheValue() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.merge("k", "b");
        probe.flush();

        assertThat(probe.keepBelow("k", "a,b")).isTrue();

        assertThat(probe.get("k")).isEqualTo("a,b");
        assertThat(probe.freeze()).as("nothing that a file needs").isNull();
        assertLiveBytesAreThoseOfRecords(tier);
    }

    @Test
    void anOperandOfAKeyThatNothingOlderHasBecomesItsFirstValue() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("k", "a");
        probe.merge("l", "a");

        assertThat(probe.keepBelow("k", "a")).isTrue();
        assertThat(probe.keepBelow("l", "a")).isTrue();
        probe.delete("l");

        assertThat(probe.get("k")).isEqualTo("a");
        assertThat(entries(probe.freeze())).as("no tombstone").containsExactly("k:PUT a");
    }

    @Test
    void aFrozenOperandOfAKeyThatNothingOlderHasStaysAsItIs() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("k", "a");
        Generation frozen = probe.freeze();

        assertThat(probe.keepBelow("k", "a")).isTrue();

        assertThat(probe.get("k")).isEqualTo(UNKNOWN + "a");
        assertThat(entries(frozen)).containsExactly("k:MERGE a");
    }

    @Test
    void nothingIsKeptBelowWhereItCannotBeToldApartOrIsLongOrInMemory() {
        TierProbe sums = new TierProbe(tier(SUM, false));
        sums.merge("k", "1");
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("long", "b");
        probe.put("value", "a");

        assertThat(sums.keepBelow("k", "3")).isTrue();
        assertThat(probe.keepBelow("long", "a".repeat(40_000) + ",b")).isTrue();
        assertThat(probe.keepBelow("value", "other")).isTrue();
        assertThat(probe.keepBelow("missing", "other")).isTrue();

        assertThat(sums.get("k")).isEqualTo(UNKNOWN + "1");
        assertThat(probe.get("long")).isEqualTo(UNKNOWN + "b");
        assertThat(probe.get("value")).isEqualTo("a");
        assertThat(probe.get("missing")).isEqualTo(UNKNOWN);
    }

    @Test
    void operandsThatFilesHaveGoWithTheValueThatTheyBelongTo() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.keep("k", "a");
        probe.merge("k", "b");
        probe.flush();
        probe.merge("k", "c");
        Generation open = probe.freeze();

        // The value's segment is the oldest.
        tier.evict();

        assertThat(probe.get("k")).as("what no file has").isEqualTo(UNKNOWN + "c");
        assertLiveBytesAreThoseOfRecords(tier);
        probe.flush(open);
        evictAll(tier);
        assertThat(tier.index.count()).isZero();
    }

    @Test
    void inFullMemoryAValueIsKeptBelowWhenItIsMissedTheSecondTime() {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("k", "b");
        String value = "value".repeat(600) + ",b";
        long held = takeAll();

        assertThat(probe.keepBelow("k", value)).as("first miss").isTrue();
        assertThat(probe.get("k")).isEqualTo(UNKNOWN + "b");
        assertThat(probe.keepBelow("k", value)).as("second miss").isFalse();
        budget.unreserve(held);
        assertThat(probe.keepBelow("k", value)).isTrue();

        assertThat(probe.get("k")).isEqualTo(value);
    }

    @Test
    void whatIsMissedOnceTakesNoRoomThatASegmentStillHas() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.keep("other", "value");
        long held = takeAll();

        assertThat(probe.keep("k", "v")).isTrue();

        assertThat(probe.get("k")).as("first miss").isEqualTo(UNKNOWN);
        assertThat(probe.keep("k", "v")).isTrue();
        assertThat(probe.get("k")).as("second miss").isEqualTo("v");
        budget.unreserve(held);
    }
}
