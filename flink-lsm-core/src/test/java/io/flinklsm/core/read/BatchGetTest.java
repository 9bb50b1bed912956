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
package io.flinklsm.core.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.view.ReadView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How misses are gathered and shared out, and when the files that they need are let go. */
final class BatchGetTest {

    private static final int PART_MISSES_MIN = 4;

    private final BatchGet<String> batch = new BatchGet<>(PART_MISSES_MIN);
    private int released;

    /** A view of no files, with the batch's reference besides the tree's own. */
    private ReadView view() {
        return new ReadView(Version.EMPTY, () -> released++);
    }

    private BatchGet.Miss<String> miss(ReadView view, String key) {
        assertThat(view.tryRetain()).isTrue();
        return batch.missed(key(key), view, false, null);
    }

    @Test
    void batchThatIsEmptyHasNoParts() {
        assertThat(batch.split(4, 4)).isEmpty();
        assertThat(batch.missCount()).isZero();
    }

    @Test
    void keyIsMissedOnceForAllWhoWantIt() {
        ReadView view = view();
        BatchGet.Miss<String> first = miss(view, "a");

        assertThat(miss(view, "a")).isSameAs(first);
        assertThat(miss(view, "b")).isNotSameAs(first);
        assertThat(batch.missCount()).isEqualTo(2);
        assertThat(batch.sharedCount()).isEqualTo(1);
        releaseAll(batch.split(1, 1));
        view.release();
        assertThat(released).isEqualTo(1);
    }

    @Test
    void keyWithOperandsInMemoryIsNotShared() {
        ReadView view = view();
        BatchGet.Miss<String> plain = miss(view, "a");
        batch.lookup().start(new AppendOperator(','), batch.value());
        batch.lookup().offer(EntryKind.MERGE, slice("1"));
        assertThat(view.tryRetain()).isTrue();
        BatchGet.Miss<String> withOperands =
                batch.missed(key("a"), view, true, new AppendOperator(','));

        assertThat(withOperands).isNotSameAs(plain);
        assertThat(miss(view, "a")).as("the plain one is shared on").isSameAs(plain);
        assertThat(batch.missCount()).isEqualTo(2);
        releaseAll(batch.split(1, 1));
        view.release();
    }

    @Test
    void operandsOfMemoryAreTheValueIfFilesHaveNone() throws Exception {
        ReadView view = view();
        batch.lookup().start(new AppendOperator(','), batch.value());
        batch.lookup().offer(EntryKind.MERGE, slice("2"));
        batch.lookup().offer(EntryKind.MERGE, slice("1"));
        BatchGet.Miss<String> miss = batch.missed(key("a"), view, true, new AppendOperator(','));

        BatchGet.Part<String> part = batch.split(1, 1).get(0);
        part.read();

        assertThat(miss.isFound()).isTrue();
        assertThat(miss.isFromFiles()).as("it must not be kept as what files have").isFalse();
        assertThat(miss.value().view(new Slice()).toString()).isEqualTo("1,2");
        part.release();
        assertThat(released).isEqualTo(1);
    }

    @Test
    void keyThatNoFileHasIsNotFound() throws Exception {
        ReadView view = view();
        assertThat(view.tryRetain()).isTrue();
        KeyBuffer key = new KeyBuffer().set(new byte[] {1, 2, 3}, 0, 3, 2);
        BatchGet.Miss<String> miss = batch.missed(key, view, false, null);
        for (BatchGet.Part<String> part : batch.split(1, 1)) {
            part.read();
            part.release();
        }

        assertThat(miss.isFound()).isFalse();
        assertThat(miss.isFromFiles()).isFalse();
        assertThat(miss.isOf(view)).isTrue();
        assertThat(miss.isOf(null)).isFalse();
        KeyBuffer back = miss.key(new KeyBuffer());
        assertThat(back.toOwned()).isEqualTo(key.toOwned());
        assertThat(back.prefixLength()).isEqualTo(2);
        view.release();
    }

    @Test
    void viewIsHeldOnceForAllMissesAndUntilTheLastPartIsOver() {
        ReadView view = view();
        for (int i = 0; i < 20; i++) {
            miss(view, "key" + i);
        }
        view.release();
        List<BatchGet.Part<String>> parts = batch.split(4, 4);
        assertThat(parts).hasSize(4);

        parts.get(2).release();
        parts.get(0).release();
        parts.get(3).release();
        assertThat(released).isZero();
        parts.get(1).release();
        assertThat(released).isEqualTo(1);
    }

    @Test
    void partIsNotReadWhenItsFilesAreGone() {
        ReadView view = view();
        miss(view, "a");
        view.release();
        BatchGet.Part<String> part = batch.split(1, 1).get(0);
        part.release();

        assertThatThrownBy(part::read)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("files were let go");
    }

    @Test
    void filesThatChangedMeanwhileMakeAPartOfTheirOwn() {
        ReadView old = view();
        ReadView current = view();
        BatchGet.Miss<String> before = miss(old, "a");
        BatchGet.Miss<String> after = miss(current, "a");
        assertThat(after).as("the value may be another by now").isNotSameAs(before);

        List<BatchGet.Part<String>> parts = batch.split(1, 1);

        assertThat(parts).hasSize(2);
        assertThat(parts.get(0).misses()).containsExactly(before);
        assertThat(parts.get(1).misses()).containsExactly(after);
        releaseAll(parts);
        old.release();
        current.release();
        assertThat(released).isEqualTo(2);
    }

    @Test
    void fewMissesAreNotSplit() {
        ReadView view = view();
        for (int i = 0; i < 4; i++) {
            miss(view, "key" + i);
        }
        List<BatchGet.Part<String>> parts = batch.split(8, 8);

        assertThat(parts).hasSize(1);
        releaseAll(parts);
        view.release();
    }

    @Test
    void everyMissIsInOnePartInKeyOrderHoweverItIsSplit() {
        Random random = new Random(13);
        for (int round = 0; round < 300; round++) {
            ReadView view = view();
            Set<BatchGet.Miss<String>> all = new HashSet<>();
            int count = 1 + random.nextInt(60);
            for (int i = 0; i < count; i++) {
                all.add(miss(view, "key" + random.nextInt(100)));
            }
            int partsMax = 1 + random.nextInt(10);

            List<BatchGet.Part<String>> parts = batch.split(partsMax, partsMax);

            assertThat(parts.size()).isBetween(1, partsMax);
            List<BatchGet.Miss<String>> inParts = new ArrayList<>();
            OwnedSlice last = OwnedSlice.EMPTY;
            for (BatchGet.Part<String> part : parts) {
                assertThat(part.misses()).isNotEmpty();
                for (BatchGet.Miss<String> miss : part.misses()) {
                    OwnedSlice key = miss.key(new KeyBuffer()).toOwned();
                    assertThat(key).isGreaterThan(last);
                    last = key;
                    inParts.add(miss);
                }
                assertThat(parts.size() == 1 || part.misses().size() >= PART_MISSES_MIN)
                        .as("parts are worth a thread: %s of %s", part.misses().size(), count)
                        .isTrue();
            }
            assertThat(inParts).hasSize(all.size());
            assertThat(new HashSet<>(inParts)).isEqualTo(all);
            assertThat(batch.missCount()).as("used again").isZero();
            assertThat(batch.sharedCount()).isZero();
            releaseAll(parts);
            view.release();
            assertThat(released).isEqualTo(round + 1);
        }
    }

    @Test
    void memorysAnswerIsForgottenWithTheNextOne() {
        batch.value().append((byte) 1);
        batch.answered(true);
        assertThat(batch.isFound()).isTrue();
        assertThat(batch.value().length()).isEqualTo(1);

        batch.answered(false);
        assertThat(batch.isFound()).isFalse();
        assertThat(batch.value().length()).isZero();
    }

    @Test
    void partsAndTheirSizesArePositive() {
        assertThatThrownBy(() -> new BatchGet<String>(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("partMissesMin=0");
        assertThatThrownBy(() -> batch.split(0, 0))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("partsMax=0");
    }

    private static void releaseAll(List<BatchGet.Part<String>> parts) {
        parts.forEach(BatchGet.Part::release);
    }

    private static KeyBuffer key(String text) {
        return new KeyBuffer().set(OwnedSlice.ofText(text));
    }

    private static Slice slice(String text) {
        return new Slice().setOwned(OwnedSlice.ofText(text));
    }
}
