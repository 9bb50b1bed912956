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
package io.flinklsm.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import org.junit.jupiter.api.Test;

class OutputSplitterTest {

    @Test
    void keysWithoutKeyGroupsSplitAtTheTarget() {
        OutputSplitter splitter = new OutputSplitter(100, 0);

        assertThat(splitter.beginsFile(key(1, 1), 99)).isFalse();
        assertThat(splitter.beginsFile(key(1, 2), 100)).isTrue();
    }

    @Test
    void fileEndsWhereAKeyGroupDoesFromThreeQuartersOn() {
        OutputSplitter splitter = new OutputSplitter(100, 1);
        splitter.beginsFile(key(1, 1), 0);

        assertThat(splitter.beginsFile(key(2, 1), 74)).isFalse();
        assertThat(splitter.beginsFile(key(2, 2), 76)).isFalse();
        assertThat(splitter.beginsFile(key(3, 1), 78)).isTrue();
    }

    @Test
    void largeKeyGroupIsSplitAtFiveQuarters() {
        OutputSplitter splitter = new OutputSplitter(100, 2);
        splitter.beginsFile(key(0, 1, 1), 0);

        assertThat(splitter.beginsFile(key(0, 1, 2), 124)).isFalse();
        assertThat(splitter.beginsFile(key(0, 1, 3), 125)).isTrue();
    }

    private static Slice key(int... bytes) {
        byte[] key = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            key[i] = (byte) bytes[i];
        }
        return new Slice(key);
    }
}
