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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class KeySketchTest {

    private static final int KEY_BYTES = 6;

    /** An entry: key group (2 bytes) and number (4 bytes) are its key, the rest a map key. */
    private record Line(byte[] key, int keyLength, EntryKind kind, long bytes) {}

    /** What all entries of a key sum up to. */
    private record Sum(long entries, long tombstones, long bytes) {
        Sum plus(Line line) {
            return new Sum(
                    entries + 1,
                    tombstones + (line.kind() == EntryKind.DELETE ? 1 : 0),
                    bytes + line.bytes());
        }
    }

    private static byte[] entryKey(int group, int number, int mapKey) {
        return ByteBuffer.allocate(KEY_BYTES + 4)
                .putShort((short) group)
                .putInt(number)
                .putInt(mapKey)
                .array();
    }

    /** Keys of all groups below a bound, some with very many entries, some with huge ones. */
    private static List<Line> random(Random random, int keys, int groups) {
        TreeMap<OwnedSlice, Line> lines = new TreeMap<>();
        for (int number = 0; number < keys; number++) {
            int group = random.nextInt(groups);
            int entries = random.nextInt(50) == 0 ? random.nextInt(300) : 1 + random.nextInt(3);
            for (int mapKey = 0; mapKey < entries; mapKey++) {
                byte[] key = entryKey(group, number, mapKey);
                boolean isDeleted = random.nextInt(5) == 0;
                long bytes = key.length + (random.nextInt(90) == 0 ? random.nextInt(1 << 24) : 20);
                lines.put(
                        OwnedSlice.wrap(key),
                        new Line(
                                key,
                                KEY_BYTES,
                                isDeleted ? EntryKind.DELETE : EntryKind.PUT,
                                isDeleted ? key.length : bytes));
            }
        }
        return new ArrayList<>(lines.values());
    }

    private static KeySketch sketch(List<Line> lines) {
        KeySketchBuilder builder = new KeySketchBuilder(2);
        Slice before = new Slice();
        Slice key = new Slice();
        for (Line line : lines) {
            key.setBytes(line.key(), 0, line.key().length);
            builder.add(key, line.keyLength(), key.hash64(), before, line.kind(), line.bytes());
            before.setSlice(key);
        }
        return builder.build(before);
    }

    private static Map<OwnedSlice, Sum> sums(List<Line> lines) {
        Map<OwnedSlice, Sum> sums = new HashMap<>();
        for (Line line : lines) {
            OwnedSlice key = OwnedSlice.copyOf(line.key(), 0, KEY_BYTES);
            sums.put(key, sums.getOrDefault(key, new Sum(0, 0, 0)).plus(line));
        }
        return sums;
    }

    @Test
    void whatItSaysOfHeavyKeysIsExactAndNoOtherKeyIsHeavier() {
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            List<Line> lines = random(random, 1 + random.nextInt(3000), 1 + random.nextInt(700));
            Map<OwnedSlice, Sum> sums = sums(lines);

            for (KeySketch sketch : List.of(sketch(lines), cut(sketch(lines), 1024))) {
                Map<OwnedSlice, Sum> others = new HashMap<>(sums);
                for (HeavyKey heavy : sketch.heavy().list()) {
                    assertThat(new Sum(heavy.entries(), heavy.tombstones(), heavy.bytes()))
                            .as("seed %d", seed)
                            .isEqualTo(others.remove(heavy.key()));
                }
                assertThat(sketch.heavy().list())
                        .isSortedAccordingTo(Comparator.comparingLong(heavy -> -heavy.bytes()));
                assertThat(others.values())
                        .allMatch(sum -> sum.bytes() <= sketch.heavy().omittedBytes())
                        .allMatch(sum -> sum.entries() <= sketch.heavy().omittedEntries());
                assertThat(sketch.keyCount()).isEqualTo(sums.size());
                assertThat(sketch.entries()).isEqualTo(lines.size());
                assertThat(sketch.bytes()).isEqualTo(lines.stream().mapToLong(Line::bytes).sum());
            }
        }
    }

    private static KeySketch cut(KeySketch sketch, int textLength) {
        String text = sketch.toText(textLength);
        assertThat(text.length()).isLessThanOrEqualTo(textLength);
        return KeySketch.parse(text);
    }

    @Test
    void theHeaviestKeyIsKeptByEitherMeasureHoweverShortTheText() {
        List<Line> lines = random(new Random(1), 3000, 600);
        Map<OwnedSlice, Sum> sums = sums(lines);

        KeySketch sketch = cut(sketch(lines), 1024);

        assertThat(sketch.heavy().list().get(0).bytes())
                .isEqualTo(sums.values().stream().mapToLong(Sum::bytes).max().orElseThrow());
        assertThat(sketch.heavy().list().stream().mapToLong(HeavyKey::entries).max().orElseThrow())
                .isEqualTo(sums.values().stream().mapToLong(Sum::entries).max().orElseThrow());
    }

    @Test
    void sharesOfKeyGroupsSumUpToAllWhateverTheirWidth() {
        for (int groups : new int[] {1, 100, 129, 5000, 32_768}) {
            List<Line> lines = random(new Random(groups), 4000, groups);

            for (KeySketch sketch : List.of(sketch(lines), cut(sketch(lines), 1024))) {
                long[] expected = new long[(1 << 16)];
                lines.forEach(
                        line -> expected[ByteBuffer.wrap(line.key()).getShort()] += line.bytes());
                for (KeyGroupShare share : sketch.groups()) {
                    long sum = 0;
                    for (int i = 0; i < share.groupCount(); i++) {
                        sum += expected[share.firstGroup() + i];
                        expected[share.firstGroup() + i] = 0;
                    }
                    assertThat(share.bytes()).as("groups %d", groups).isEqualTo(sum);
                }
                assertThat(expected).containsOnly(0);
                assertThat(sketch.groups()).hasSizeLessThanOrEqualTo(128);
            }
        }
    }

    @Test
    void sizesCountEntriesByPowersOfTwo() {
        List<Line> lines = new ArrayList<>();
        long[] bytes = {10, 15, 16, 31, 32, 1 << 20};
        for (int i = 0; i < bytes.length; i++) {
            lines.add(new Line(entryKey(0, i, 0), KEY_BYTES, EntryKind.PUT, bytes[i]));
        }

        List<Long> sizes = sketch(lines).sizes();

        assertThat(sizes).hasSize(21);
        assertThat(sizes.subList(3, 6)).containsExactly(2L, 2L, 1L);
        assertThat(sizes.get(20)).isEqualTo(1);
    }

    @Test
    void aSampleOfFewKeysCountsThemExactlyOverAnyNumberOfFiles() {
        KeySample all = KeySample.none();
        for (int file = 0; file < 20; file++) {
            List<Line> lines = new ArrayList<>();
            for (int number = file; number < file + 20; number++) {
                lines.add(new Line(entryKey(1, number, 0), KEY_BYTES, EntryKind.PUT, 10));
            }
            all = all.union(cut(sketch(lines), 4096).sample());
        }

        assertThat(all.isComplete()).isTrue();
        assertThat(all.estimate()).isEqualTo(39);
        assertThat(all.relativeError()).isZero();
    }

    /** However often its threshold was lowered, nothing below it was lost. */
    @Test
    void aSampleOfManyKeysIsFullAndHasAllHashesBelowItsThreshold() {
        for (int keys : new int[] {512, 513, 1024, 1025, 1500, 40_000}) {
            List<Line> lines = new ArrayList<>();
            for (int number = 0; number < keys; number++) {
                lines.add(new Line(entryKey(1, number, 0), KEY_BYTES, EntryKind.PUT, 10));
            }

            KeySample sample = sketch(lines).sample();

            long below =
                    lines.stream()
                            .map(line -> new Slice().setBytes(line.key(), 0, KEY_BYTES))
                            .filter(key -> KeySample.kept(key.hash64()) < sample.threshold())
                            .count();
            assertThat(sample.size()).as("of %s keys", keys).isEqualTo(512);
            assertThat(below).as("of %s keys", keys).isEqualTo(512);
        }
    }

    @Test
    void theEstimateOfManyKeysIsWithinFourOfItsStandardErrors() {
        for (int textLength : new int[] {1024, 2048, 8192}) {
            KeySample all = KeySample.none();
            // 80,000 different keys in eight files, most of them in two of them.
            for (int file = 0; file < 8; file++) {
                List<Line> lines = new ArrayList<>();
                for (int number = file * 10_000; number < file * 10_000 + 17_000; number++) {
                    int key = number % 80_000;
                    lines.add(new Line(entryKey(1, key, 0), KEY_BYTES, EntryKind.PUT, 10));
                }
                lines.sort(Comparator.comparing(line -> OwnedSlice.wrap(line.key())));
                all = all.union(cut(sketch(lines), textLength).sample());
            }

            assertThat(all.isComplete()).isFalse();
            assertThat(all.relativeError()).isBetween(0.005, 0.15);
            assertThat((double) all.estimate())
                    .as("text length %d", textLength)
                    .isBetween(
                            80_000 * (1 - 4 * all.relativeError()),
                            80_000 * (1 + 4 * all.relativeError()));
        }
    }

    @Test
    void longKeysAreCutAndToldApartByTheirHashes() {
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            byte[] key = new byte[1000];
            key[999] = (byte) i;
            lines.add(new Line(key, 1000, EntryKind.PUT, 5000));
        }

        List<HeavyKey> heaviest = cut(sketch(lines), 8192).heavy().list();

        assertThat(heaviest).hasSize(3).allMatch(key -> key.key().length() == 128);
        assertThat(heaviest.stream().map(HeavyKey::hash)).doesNotHaveDuplicates();
    }

    @Test
    void keysOfUnknownEndCountAsWholes() {
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            lines.add(new Line(entryKey(0, 7, i), -1, EntryKind.PUT, 10));
        }

        KeySketch sketch = cut(sketch(lines), 1024);

        assertThat(sketch.wholeKeys()).isTrue();
        assertThat(sketch.keyCount()).isEqualTo(10);
    }

    @Test
    void whateverTheTextReadingItEndsAndIsBounded() {
        byte[] good =
                Base64.getDecoder().decode(sketch(random(new Random(3), 2000, 300)).toText(4096));
        Random random = new Random(4);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = good.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            if (random.nextInt(4) == 0) {
                bad = Arrays.copyOf(bad, random.nextInt(bad.length));
            }
            try {
                KeySketch.parse(Base64.getEncoder().encodeToString(bad));
            } catch (IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Test
    void textsThatAreNoSketchAreRefused() {
        assertThatThrownBy(() -> KeySketch.parse("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KeySketch.parse("not base64!"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KeySketch.parse("A".repeat(1 << 20)))
                .hasMessageContaining("too long");
        assertThatThrownBy(
                        () -> KeySketch.parse(Base64.getEncoder().encodeToString(new byte[] {9})))
                .hasMessageContaining("version, found=9");
    }
}
