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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import java.nio.charset.StandardCharsets;

/** Shows the grouping of folds: {@code (older newer)}. Not associative, on purpose. */
final class BracketOperator implements MergeOperator {

    @Override
    public void fold(Slice older, Slice newer, ValueBuffer out) {
        out.append((byte) '(').append(older).append((byte) ' ').append(newer).append((byte) ')');
    }

    @Override
    public String toString() {
        return new String(new byte[] {'(', ')'}, StandardCharsets.US_ASCII);
    }
}
