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

import static io.flinklsm.core.sstable.SstableFixture.merge;
import static io.flinklsm.core.sstable.SstableFixture.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.testing.ListCursor.Entry;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A get of many files, one over the other, in each of which the answer may be. */
final class CandidateFilesTest {

    private final SstableFixture fixture = new SstableFixture();
    private final Lookup lookup = new Lookup();
    private Version version = Version.EMPTY;

    @BeforeEach
    void writeFiles() throws IOException {
        version =
                Version.of(
                        List.of(
                                file(0, put("a", "0"), merge("m", "3"), put("z", "0")),
                                file(1, put("a", "1"), put("b", "1"), merge("m", "2")),
                                file(2, put("a", "2"), put("b", "2"), put("m", "1")),
                                file(3, put("a", "3"), put("z", "3")),
                                file(4, put("a", "4"), put("c", "4"), put("z", "4"))));
        assertThat(version.runs()).hasSize(5);
    }

    @AfterEach
    void everythingIsLetGo() {
        fixture.open.reclaim(Long.MAX_VALUE);
        assertThat(fixture.open.openCount()).isZero();
        fixture.storage.assertNoOpenHandles();
        fixture.close();
    }

    @Test
    void olderFileIsNotOpenedWhileNewerOnesHaveTheAnswer() throws IOException {
        assertThat(get("a")).isEqualTo("0");
        assertThat(fixture.open.openCount()).isEqualTo(1);
        assertThat(get("b")).isEqualTo("1");
        assertThat(fixture.open.openCount()).isEqualTo(2);
        assertThat(get("m")).isEqualTo("1,2,3");
        assertThat(fixture.open.openCount()).isEqualTo(3);
        assertThat(get("c")).isEqualTo("4");
        assertThat(fixture.open.openCount()).isEqualTo(5);
    }

    @Test
    void openFilesAreAskedNewestFirstAndNotBehindTheAnswer() throws IOException {
        get("c");

        assertThat(get("m")).isEqualTo("1,2,3");
        assertThat(lookup.filterTrue()).isEqualTo(3);
        assertThat(get("a")).isEqualTo("0");
        assertThat(lookup.filterTrue()).isEqualTo(1);
        assertThat(get("b")).isEqualTo("1");
        assertThat(lookup.filterTrue() + lookup.filterFalse()).isBetween(1, 2);
        assertThat(get("d")).isNull();
        assertThat(lookup.filterTrue()).isZero();
        assertThat(get("0")).as("below all keys").isNull();
    }

    @Test
    void openFileBehindOneThatIsNotIsAskedAfterIt() throws IOException {
        get("c");
        fixture.open.forget(name(1));

        assertThat(get("b")).isEqualTo("1");
        assertThat(get("m")).isEqualTo("1,2,3");
    }

    @Test
    void damageInOneFileIsNoLeakOfTheOthers() throws IOException {
        get("c");
        for (long bit = 8L * 4; bit < 8L * 200; bit++) {
            fixture.storage.flipBits(name(1), bit);
            String answer;
            try {
                answer = get("m");
            } catch (CorruptionException e) {
                assertThat(e).hasMessageContaining(name(1));
                fixture.storage.heal();
                return;
            }
            assertThat(answer).isEqualTo("1,2,3");
            fixture.storage.heal();
        }
        assertThatThrownBy(() -> get("m")).isInstanceOf(CorruptionException.class);
    }

    private Sstable file(int level, Entry... entries) throws IOException {
        return fixture.open.of(
                fixture.write(name(level), level, SstableFixture.TINY, null, List.of(entries)));
    }

    private static String name(int level) {
        return "level-" + level + ".parquet";
    }

    private @Nullable String get(String text) throws IOException {
        KeyBuffer key = new KeyBuffer().set(OwnedSlice.ofText(text));
        ValueBuffer out = new ValueBuffer();
        lookup.start(new AppendOperator(','), out);
        try {
            version.get(key, lookup);
            return lookup.finish() ? new String(out.toBytes(), UTF_8) : null;
        } finally {
            lookup.end();
        }
    }
}
