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
package io.flinklsm.core.testing;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Levels of a tree as text. One line a level, or several; SSTables without content behind them:
 *
 * <pre>
 * L0 b-f#11 a#10:size=7
 * L1 a-d#5:dels=60 e-k#4:clip=f..h
 * </pre>
 *
 * <p>{@code first-last#generation} is also the file name; then {@code size=} (100 bytes if not
 * said), {@code dels=} and {@code merges=} of 100 entries, {@code clip=from..to} with {@code to}
 * left out for no end.
 */
public final class LsmPicture implements AutoCloseable {

    public static final String TREE = "t";

    private final MemoryBudget budget = MemoryBudget.root("picture", 4 << 20);
    private final BlockCache cache = new BlockCache(budget);
    private final OpenSstables openSstables =
            new OpenSstables(new InMemoryStorage(), budget, cache, 100);

    public OpenSstables openSstables() {
        return openSstables;
    }

    public Version version(String picture) {
        return version(metas(picture));
    }

    public Version version(List<SstableMeta> metas) {
        return Version.of(metas.stream().map(openSstables::of).toList());
    }

    public static List<SstableMeta> metas(String picture) {
        List<SstableMeta> metas = new ArrayList<>();
        for (String line : picture.strip().split("\\R")) {
            if (line.isBlank()) {
                continue;
            }
            String[] words = line.strip().split(" +");
            int level = Integer.parseInt(words[0].substring(1));
            for (int i = 1; i < words.length; i++) {
                metas.add(meta(level, words[i]));
            }
        }
        return metas;
    }

    private static SstableMeta meta(int level, String word) {
        String[] parts = word.split(":");
        String[] keysAndGeneration = parts[0].split("#");
        String[] keys = keysAndGeneration[0].split("-");
        long size = 100;
        long tombstones = 0;
        long merges = 0;
        KeyRange clip = null;
        for (int i = 1; i < parts.length; i++) {
            String[] attribute = parts[i].split("=");
            switch (attribute[0]) {
                case "size" -> size = Long.parseLong(attribute[1]);
                case "dels" -> tombstones = Long.parseLong(attribute[1]);
                case "merges" -> merges = Long.parseLong(attribute[1]);
                case "clip" -> clip = range(attribute[1]);
                default -> throw new IllegalArgumentException("unknown: " + parts[i]);
            }
        }
        return new SstableMeta(
                new SstableIdentity(parts[0], TREE, Long.parseLong(keysAndGeneration[1]), 0, 0),
                new SstableMeta.Extent(size, size / 2, 0),
                new SstableMeta.Content(
                        100,
                        tombstones,
                        merges,
                        OwnedSlice.ofText(keys[0]),
                        OwnedSlice.ofText(keys[keys.length - 1])),
                level,
                clip);
    }

    /** Reads {@code from..to} or {@code from..}. */
    public static KeyRange range(String text) {
        int dots = text.indexOf("..");
        String end = text.substring(dots + 2);
        return new KeyRange(
                OwnedSlice.ofText(text.substring(0, dots)),
                end.isEmpty() ? null : OwnedSlice.ofText(end));
    }

    /** One line a run, in the form that is read, without sizes and counts. */
    public static String print(Version version) {
        StringBuilder picture = new StringBuilder();
        for (SortedRun run : version.runs()) {
            picture.append("L").append(run.level());
            for (Sstable sstable : run.sstables()) {
                picture.append(' ').append(print(sstable.meta()));
            }
            picture.append('\n');
        }
        return picture.toString();
    }

    public static String print(SstableMeta meta) {
        String first = meta.minKey().toString();
        String last = meta.maxKey().toString();
        @Nullable KeyRange clip = meta.clip();
        OwnedSlice end = clip == null ? null : clip.end();
        return first
                + (first.equals(last) ? "" : "-" + last)
                + "#"
                + meta.generation()
                + (clip == null ? "" : ":clip=" + clip.start() + ".." + (end == null ? "" : end));
    }

    @Override
    public void close() {
        openSstables.close();
        cache.close();
        budget.close();
    }
}
