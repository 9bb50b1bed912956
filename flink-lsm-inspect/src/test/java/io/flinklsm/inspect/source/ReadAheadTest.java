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
package io.flinklsm.inspect.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How many requests reads become, how much comes with them, and what memory that takes. */
class ReadAheadTest {

    private static final int MB = 1 << 20;

    private final ReadAhead.Memory memory = new ReadAhead.Memory(64 << 20);
    private final List<Integer> requests = new ArrayList<>();
    private int failing;

    /** As a scan reads a file: in each row group, the pages of its columns by turns. */
    @Test
    void columnsThatAreReadByTurnsTakeARequestForMoreThanAMegabyte() throws IOException {
        int columns = 5;
        int columnBytes = 800_000;
        int groups = 20;
        byte[] file = random(groups * columns * columnBytes);
        try (ReadAhead ahead = open(file, memory)) {
            // Each window begins with the page that did not fit into the one before.
            byte[] window = new byte[60_000];
            for (int group = 0; group < groups; group++) {
                for (int at = 0; at < columnBytes; at += window.length - 20_000) {
                    int count = Math.min(window.length, columnBytes - at);
                    for (int column = 0; column < columns; column++) {
                        int position = (group * columns + column) * columnBytes + at;
                        ahead.readFully(position, window, 0, count);
                        assertThat(window[count / 2]).isEqualTo(file[position + count / 2]);
                    }
                }
            }
            // 80 MB, where the windows alone were 2,000 requests.
            assertThat(requests).hasSizeLessThan(60);
            assertThat(bytes()).isLessThan(file.length + 4 * (long) MB);
            assertThat(memory.usedBytes()).isLessThanOrEqualTo(ReadAhead.MAX_WINDOW_BYTES);
        }
        assertThat(memory.usedBytes()).isZero();
    }

    @Test
    void readsHereAndThereReadNoMoreThanTheyWant() throws IOException {
        byte[] file = random(64 * MB);
        Random random = new Random(7);
        try (ReadAhead ahead = open(file, memory)) {
            byte[] page = new byte[3_000];
            for (int i = 0; i < 500; i++) {
                int position = random.nextInt(file.length - page.length);
                ahead.readFully(position, page, 0, page.length);
                assertThat(page[i]).isEqualTo(file[position + i]);
            }
            assertThat(requests).hasSize(500);
            // A few of them happen to begin where another one ended.
            assertThat(bytes()).isLessThan(2 * 500 * 3_000);
        }
    }

    /** Two keys of one block and the next are no scan, as when `diff` looks up what has changed. */
    @Test
    void neighbouringBlocksHereAndThereReadAtMostHalfMoreThanTheyWant() throws IOException {
        byte[] file = random(64 * MB);
        Random random = new Random(7);
        try (ReadAhead ahead = open(file, memory)) {
            byte[] block = new byte[4_000];
            for (int i = 0; i < 500; i++) {
                int position = random.nextInt(file.length / 64_000) * 64_000;
                ahead.readFully(position, block, 0, block.length);
                ahead.readFully(position + block.length, block, 0, block.length);
                assertThat(block[i]).isEqualTo(file[position + block.length + i]);
            }
            assertThat(bytes()).isLessThanOrEqualTo(500 * 3 * 4_000);
        }
    }

    @Test
    void withoutMemoryNothingIsReadAhead() throws IOException {
        byte[] file = random(MB);
        try (ReadAhead ahead = open(file, new ReadAhead.Memory(10_000))) {
            byte[] page = new byte[10_000];
            for (int at = 0; at + page.length <= file.length; at += page.length) {
                ahead.readFully(at, page, 0, page.length);
                assertThat(page[at / 10_000]).isEqualTo(file[at + at / 10_000]);
            }
            assertThat(requests).hasSize(104).containsOnly(10_000);
        }
    }

    @Test
    void anyMixOfReadsGivesTheBytesOfTheFile() throws IOException {
        byte[] file = random(3 * MB + 17);
        Random random = new Random(11);
        ReadAhead.Memory little = new ReadAhead.Memory(MB);
        try (ReadAhead ahead = open(file, little)) {
            int[] at = new int[40];
            byte[] target = new byte[200_000];
            for (int i = 0; i < 20_000; i++) {
                int place = random.nextInt(at.length);
                if (random.nextInt(50) == 0) {
                    at[place] = random.nextInt(file.length);
                }
                int from = Math.max(0, at[place] - random.nextInt(3) * random.nextInt(5_000));
                int count =
                        Math.min(file.length - from, 1 + random.nextInt(1 << random.nextInt(17)));
                ahead.readFully(from, target, 5, count);
                assertThat(target[5]).isEqualTo(file[from]);
                assertThat(target[5 + count - 1]).isEqualTo(file[from + count - 1]);
                assertThat(target[5 + count / 2]).isEqualTo(file[from + count / 2]);
                at[place] = from + count == file.length ? 0 : from + count;
                assertThat(little.usedBytes()).isLessThanOrEqualTo(MB);
            }
        }
        assertThat(little.usedBytes()).isZero();
    }

    @Test
    void requestThatFailsLeavesNoMemoryAndMayBeMadeAgain() throws IOException {
        byte[] file = random(MB);
        try (ReadAhead ahead = open(file, memory)) {
            byte[] page = new byte[10_000];
            ahead.readFully(0, page, 0, page.length);
            failing = 1;
            assertThatThrownBy(() -> ahead.readFully(10_000, page, 0, page.length))
                    .isInstanceOf(IOException.class);
            assertThat(memory.usedBytes()).isZero();

            ahead.readFully(10_000, page, 0, page.length);

            assertThat(page[77]).isEqualTo(file[10_077]);
        }
        assertThat(memory.usedBytes()).isZero();
    }

    private ReadAhead open(byte[] file, ReadAhead.Memory from) {
        return new ReadAhead(
                (position, target, at, byteCount) -> {
                    if (failing-- > 0) {
                        throw new IOException("reset");
                    }
                    requests.add(byteCount);
                    System.arraycopy(file, (int) position, target, at, byteCount);
                },
                file.length,
                from);
    }

    private long bytes() {
        return requests.stream().mapToLong(Integer::longValue).sum();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(3).nextBytes(bytes);
        return bytes;
    }
}
