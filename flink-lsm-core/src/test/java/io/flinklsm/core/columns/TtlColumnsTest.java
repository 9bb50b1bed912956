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
package io.flinklsm.core.columns;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which states have a time to live is told by their types, and not by how these are written. */
final class TtlColumnsTest {

    @Test
    void aTimeToLiveIsFoundWhereverItStandsInTheValue() {
        ColumnType ttl = ColumnTypes.ttl(ColumnTypes.int64());

        assertThat(columns(ttl).hasTimeToLive()).isTrue();
        assertThat(columns(ColumnTypes.delimited(ttl)).hasTimeToLive()).as("of a list").isTrue();
        assertThat(columns(ColumnTypes.nullable(ttl)).hasTimeToLive()).as("of a map").isTrue();
    }

    @Test
    void aClassThatIsCalledLikeItHasNone() {
        assertThat(columns(ColumnTypes.opaque("org.example.ttl(", "ttl(x)")).hasTimeToLive())
                .isFalse();
        assertThat(columns(ColumnTypes.int64()).hasTimeToLive()).isFalse();
    }

    private static EntryColumns columns(ColumnType value) {
        return new EntryColumns(
                StateKind.VALUE,
                1,
                false,
                ColumnTypes.string(),
                new VoidType(new byte[] {0}),
                null,
                value);
    }
}
