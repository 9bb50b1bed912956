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
package io.flinklsm.core.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.testing.LsmPicture;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VersionTest {

    private final LsmPicture picture = new LsmPicture();

    @AfterEach
    void close() {
        picture.close();
    }

    @Test
    void sstablesTakeTheirPlaceWhateverOrderTheyComeIn() {
        Version version =
                picture.version(
                        """
                        L2 m-z#1 a-c#2
                        L0 a-c#7 q-s#9 k-m#7
                        L1 e#5
                        """);

        assertThat(LsmPicture.print(version))
                .isEqualTo(
                        """
                        L0 q-s#9
                        L0 a-c#7 k-m#7
                        L1 e#5
                        L2 a-c#2 m-z#1
                        """);
        assertThat(version.level0Runs()).isEqualTo(2);
        assertThat(version.deepestLevel()).isEqualTo(2);
        assertThat(version.sizeBytes()).isEqualTo(600);
        assertThat(version.level0()).hasSize(3);
    }

    @Test
    void runFindsTheOneSstableThatCanHoldAKey() {
        SortedRun run = picture.version("L1 b-d#1 f-h#1 j#1").runs().get(0);

        assertThat(find(run, "a")).isNull();
        assertThat(find(run, "b")).isEqualTo("b-d#1");
        assertThat(find(run, "d")).isEqualTo("b-d#1");
        assertThat(find(run, "da")).isNull();
        assertThat(find(run, "g")).isEqualTo("f-h#1");
        assertThat(find(run, "j")).isEqualTo("j#1");
        assertThat(find(run, "k")).isNull();
    }

    @Test
    void fileListedTwiceIsFoundThroughTheClipThatHoldsTheKey() {
        SortedRun run = picture.version("L1 a-z#1:clip=k..p a-z#1:clip=b..e").runs().get(0);

        assertThat(find(run, "a")).isNull();
        assertThat(find(run, "c")).isEqualTo("a-z#1:clip=b..e");
        assertThat(find(run, "e")).isNull();
        assertThat(find(run, "o")).isEqualTo("a-z#1:clip=k..p");
        assertThat(find(run, "p")).isNull();
    }

    @Test
    void rangeMeetsTheSstablesThatItTouches() {
        SortedRun run = picture.version("L1 b-d#1 f-h#1 j-l#1").runs().get(0);

        assertThat(overlapping(run, "c..g")).containsExactly("b-d#1", "f-h#1");
        assertThat(overlapping(run, "d..f")).containsExactly("b-d#1");
        assertThat(overlapping(run, "e..f")).isEmpty();
        assertThat(overlapping(run, "..")).hasSize(3);
        assertThat(overlapping(run, "k..")).containsExactly("j-l#1");
        assertThat(overlapping(run, "g..g")).isEmpty();
    }

    @Test
    void checkerFindsOverlapInALevel() {
        assertThat(problem("L1 a-d#1 d-f#1")).contains("overlaps its neighbour", "d-f#1");
        assertThat(problem("L0 a-d#1 c-f#1")).contains("overlaps its neighbour");
        assertThat(problem("L1 a-d#1:clip=a..d d-f#1")).isNull();
        assertThat(problem("L0 a-d#1 c-f#2\nL1 a-z#9")).isNull();
    }

    @Test
    void checkerFindsAnSstableThatShowsNothing() {
        assertThat(problem("L1 b-d#1:clip=e..f")).contains("shows no key");
    }

    @Test
    void checkerFindsAnSstableThatIsListedTwice() {
        assertThat(problem("L1 a-c#1\nL2 a-c#1")).contains("listed twice");
        assertThat(problem("L1 a-c#1:clip=a..b a-c#1:clip=b..d")).isNull();
    }

    private String problem(String text) {
        return VersionChecker.findProblem(picture.version(text));
    }

    private static String find(SortedRun run, String key) {
        Sstable found = run.find(new Slice(key.getBytes(StandardCharsets.UTF_8)));
        return found == null ? null : LsmPicture.print(found.meta());
    }

    private static List<String> overlapping(SortedRun run, String range) {
        return run.overlapping(LsmPicture.range(range)).stream()
                .map(sstable -> LsmPicture.print(sstable.meta()))
                .toList();
    }
}
