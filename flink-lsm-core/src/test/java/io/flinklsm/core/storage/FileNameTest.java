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
package io.flinklsm.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileNameTest {

    @Test
    void nameTellsTreeLevelGenerationAndTime() {
        FileName name =
                new FileName(
                        "counts", 1, 42, 1_795_379_880_123L, "0123456789abcdef0123456789abcdef");

        assertThat(name.format())
                .isEqualTo(
                        "counts-L1-G42-20261122T203800123Z-0123456789abcdef0123456789abcdef.parquet");
        assertThat(FileName.parse(name.format())).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "..",
                "../../etc/passwd",
                "a/b\\c:d",
                "state-L1-G2",
                "\n\0\u001b[31m",
                "_timer_state/event_session-timer",
                "Zähler \uD83D\uDE00"
            })
    void pathHostileTreeNameNeverEscapes(String tree) {
        FileName name = FileName.create(tree, 0, 7, 0, new Random(1));

        assertThat(StorageNames.isValid(name.format())).isTrue();
        assertThat(FileName.parse(name.format())).isEqualTo(name);
    }

    @Test
    void longTreeNameIsCut() {
        FileName name =
                FileName.create(
                        "x".repeat(10_000),
                        999_999_999,
                        999_999_999_999_999_999L,
                        0,
                        new Random(1));

        assertThat(name.format().length()).isLessThan(StorageNames.MAX_BYTES);
        assertThat(FileName.parse(name.format())).isEqualTo(name);
    }

    @Test
    void namesOfEqualThingsDiffer() {
        Random random = new Random(3);
        Set<String> names = new HashSet<>();

        for (int i = 0; i < 1000; i++) {
            names.add(FileName.create("t", 0, 1, 0, random).format());
        }

        assertThat(names).hasSize(1000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x.parquet",
                "t-L0-G1-20261122T203800123Z-0123456789abcdef0123456789abcdef.sst",
                "t-L0-G1-20261322T203800123Z-0123456789abcdef0123456789abcdef.parquet",
                "a/b-L0-G1-20261122T203800123Z-0123456789abcdef0123456789abcdef.parquet",
                "t-L0-G1-20261122T203800123Z-0123456789ABCDEF0123456789abcdef.parquet",
            })
    void otherNamesAreNotParsed(String name) {
        assertThatThrownBy(() -> FileName.parse(name)).isInstanceOf(IllegalArgumentException.class);
    }
}
