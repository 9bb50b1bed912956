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
package io.flinklsm.core.sstable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.parquet.encoding.BloomFilter;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.footer.ChunkPlace;
import io.flinklsm.core.parquet.footer.FooterWriter;
import io.flinklsm.core.parquet.footer.RowGroupPlace;
import io.flinklsm.core.parquet.footer.RowGroupSummary;
import io.flinklsm.core.parquet.footer.TailRange;
import io.flinklsm.core.parquet.page.ColumnChunkPages;
import io.flinklsm.core.parquet.page.ColumnSpec;
import io.flinklsm.core.parquet.page.PageCodec;
import io.flinklsm.core.parquet.page.PageCompression;
import io.flinklsm.core.parquet.page.SortedPage;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What readers and writers rely on is refused where it is made, and not where it does harm. */
final class StatedChecksTest {

    private static final OwnedSlice A = OwnedSlice.ofText("a");
    private static final OwnedSlice B = OwnedSlice.ofText("b");
    private static final SstableIdentity IDENTITY = new SstableIdentity("f", "counts", 1, 5, 6);

    @Test
    void aMetaThatNoWriterMakesIsRefused() {
        refused("generation is negative", () -> new SstableIdentity("f", "counts", -1, 5, 6));
        refused("write times", () -> new SstableIdentity("f", "counts", 1, 6, 5));
        refused("outside its file", () -> new SstableMeta.Extent(100, 101, 0));
        refused("outside its file", () -> new SstableMeta.Extent(100, -1, 0));
        refused("no entries", () -> new SstableMeta.Content(0, 0, 0, A, B));
        refused("contradict", () -> new SstableMeta.Content(3, 2, 2, A, B));
        refused("contradict", () -> new SstableMeta.Content(3, -1, 2, A, B));
        refused("turned around", () -> new SstableMeta.Content(3, 0, 0, B, A));
        refused("level is negative", () -> meta(-1));
        refused("new SSTable", () -> new NewSstable(IDENTITY, -1, false, 0));
        refused("new SSTable", () -> new NewSstable(IDENTITY, 0, false, -1));
        refused("no SSTable", () -> new SstableWriters.Run("counts", 0, false, -1, 0, 0));
    }

    @Test
    void aMetaWithAnotherLevelOrClipIsTheSameInAllElse() {
        SstableMeta meta = meta(1);

        assertThat(meta.withLevel(4).level()).isEqualTo(4);
        assertThat(meta.withLevel(4).withLevel(1)).isEqualTo(meta);
        assertThat(meta.withClip(meta.visibleRange()).asWritten(1)).isEqualTo(meta);
    }

    @Test
    void optionsThatMakeNoBlockAreRefused() {
        refused("a block must have room", () -> options(0, 1, 1, 0));
        refused("a block must have room", () -> options(1, 0, 1, 0));
        refused("a row group must have room", () -> options(1, 1, 0, 0));
        refused("must not be negative", () -> options(1, 1, 1, -0.1));
        refused("must not be negative", () -> options(1, 1, 1, Double.NaN));
        refused("0 to 2 bytes", () -> SstableOptions.DEFAULTS.withKeyGroupBytes(3));
    }

    @Test
    void placesThatAreNoneAreRefused() {
        TailRange index = new TailRange(3, 4);

        refused("ends before it begins", () -> new TailRange(4, 3));
        refused("outside the pages", () -> new ChunkPlace(3, 10, TailRange.NONE, index));
        refused("outside the pages", () -> new ChunkPlace(4, 0, TailRange.NONE, index));
        refused("no offset index", () -> new ChunkPlace(4, 10, index, TailRange.NONE));
        refused("row group is empty", () -> new RowGroupPlace(1, List.of(), index));
        refused("outside the pages", () -> chunk(3, 1));
        refused("have no bytes", () -> chunk(4, 0));
        refused("row group is empty", () -> new RowGroupSummary(0, List.of(chunk(4, 1)), 0));
        refused("whole blocks", () -> new RowGroupSummary(1, List.of(chunk(4, 1)), 33));
        refused("more nulls", () -> new ColumnChunkPages.Totals(9, 9, 1, 2, null, null));
        refused("one bound alone", () -> new ColumnChunkPages.Totals(9, 9, 1, 0, A, null));
        refused("no filter has this size", () -> BloomFilter.byteCount(-1, 10));
        refused("no filter has this size", () -> BloomFilter.byteCount(1, 0));
    }

    @Test
    void aFooterIsMadeOnceItsIndexesArePlaced() {
        RowGroupSummary group = new RowGroupSummary(1, List.of(chunk(4, 1)), 0);
        FooterWriter footer =
                new FooterWriter(
                        "entry",
                        SstableFormat.schema(null),
                        List.of(group),
                        new PageCodec(PageCompression.LZ4));

        assertThatThrownBy(() -> footer.build("a test", Map.of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("indexes are placed before the footer");
        refused(
                "a file has row groups",
                () ->
                        new FooterWriter(
                                "entry", List.of(), List.of(), new PageCodec(PageCompression.LZ4)));
    }

    @Test
    void whatOnlyAFaultOfOursCanBreakIsAnAssertion() {
        assertThatThrownBy(() -> new ByteSink(4).advance(5)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> new ByteSink(4).putField(16, 1))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(
                        () ->
                                new SortedPage(new PageCodec(PageCompression.LZ4))
                                        .value(0, new Slice()))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> BloomFilter.mayContain(0, 33, 1))
                .isInstanceOf(AssertionError.class);
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static SstableMeta meta(int level) {
        return new SstableMeta(
                IDENTITY,
                new SstableMeta.Extent(100, 50, 7),
                new SstableMeta.Content(3, 1, 1, A, B),
                level,
                null);
    }

    private static SstableOptions options(
            int blockBytes, int blockEntries, int rowGroupBytes, double bloomBitsPerKey) {
        return new SstableOptions(
                blockBytes, blockEntries, rowGroupBytes, bloomBitsPerKey, SstableCodec.LZ4_RAW, 0);
    }

    private static RowGroupSummary.Chunk chunk(long offset, int offsetIndexBytes) {
        return new RowGroupSummary.Chunk(
                ColumnSpec.ints("_op", false),
                offset,
                new ColumnChunkPages.Totals(9, 9, 1, 0, null, null),
                0,
                offsetIndexBytes);
    }
}
