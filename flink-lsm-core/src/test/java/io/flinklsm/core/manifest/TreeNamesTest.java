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
package io.flinklsm.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreeNamesTest {

    @ParameterizedTest(name = "{index}")
    @ValueSource(
            strings = {
                "",
                "/",
                "a",
                "kv/a",
                "-escaped/a",
                "a\\b",
                "\\ud800",
                "\ud800",
                "\udc00\\",
                "\ud83d\ude00",
                "\u0000"
            })
    void namesComeBack(String name) {
        assertThat(TreeNames.nameIn(TreeNames.ofState(name))).isEqualTo(name);
        assertThat(TreeNames.nameIn(TreeNames.ofQueue(name))).isEqualTo(name);
        assertThat(TreeNames.isQueue(TreeNames.ofQueue(name))).isTrue();
        assertThat(TreeNames.isQueue(TreeNames.ofState(name))).isFalse();
    }

    @Test
    void theFormIsFrozen() {
        assertThat(TreeNames.ofState("counts")).isEqualTo("kv/counts");
        assertThat(TreeNames.ofQueue("a\\b")).isEqualTo("pq/a\\b");
        assertThat(TreeNames.ofState("\ud800\\")).isEqualTo("kv-escaped/\\ud800\\\\");
        assertThat(TreeNames.ofQueue("\udfff")).isEqualTo("pq-escaped/\\udfff");
    }

    @Test
    void aNameThatNoWriterWritesStaysAsItIs() {
        assertThat(TreeNames.nameIn("kv-escaped/\\x")).isEqualTo("\\x");
        assertThat(TreeNames.nameIn("other")).isEqualTo("other");
    }
}
