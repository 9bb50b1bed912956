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
package io.flinklsm.core.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.testing.ListCursor;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LoneSourceCursorTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "a=1", "a-", "a+1", "a- b=1 c- d+2 e=3 f-"})
    void oneSourceShowsWhatTheMergingCursorShowsOfIt(String source) throws IOException {
        List<ListCursor.Entry> expected =
                ListCursor.drain(
                        CollapsingCursor.live(
                                List.of(ListCursor.of(source)), new AppendOperator(',')));

        assertThat(ListCursor.drain(new LoneSourceCursor(ListCursor.of(source))))
                .isEqualTo(expected);
    }

    @Test
    void theEndIsTheEndAndClosingClosesTheSource() throws IOException {
        ListCursor source = ListCursor.of("a=1 b-");
        EntryCursor cursor = new LoneSourceCursor(source);

        assertThat(cursor.next()).isTrue();
        assertThat(cursor.kind()).isEqualTo(EntryKind.PUT);
        assertThat(cursor.next()).isFalse();
        assertThat(cursor.next()).isFalse();

        cursor.close();
        assertThat(cursor.next()).isFalse();
        assertThat(source.closedTimes()).isEqualTo(1);
    }
}
