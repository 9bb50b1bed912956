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
package io.flinklsm.inspect.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;

final class EntryReaderTest {

    @Test
    void theFirstFailureIsTheOneThatIsTold() {
        var first = new IOException("first");
        int[] calls = {0};
        try (var allocator = new RootAllocator();
                var reader =
                        new EntryReader(
                                allocator,
                                ArrowColumns.of(null, 1, false),
                                column -> true,
                                withValues -> {
                                    if (calls[0]++ == 0) {
                                        throw first;
                                    }
                                    throw new IllegalStateException("second");
                                },
                                () -> {})) {
            assertThatThrownBy(reader::loadNextBatch).isSameAs(first);

            assertThatThrownBy(reader::loadNextBatch).hasRootCause(first);
            assertThat(reader.failure()).isSameAs(first);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
