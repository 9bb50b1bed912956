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

/**
 * Concatenates with one separator byte between: the form of a Flink list state, whose elements are
 * serialised one after another with a comma between them.
 *
 * @param separator the byte between two operands, 0 to 255
 */
public record AppendOperator(int separator) implements MergeOperator {

    public AppendOperator {
        if (separator < 0 || separator > 255) {
            throw new IllegalArgumentException("not a byte: separator=" + separator);
        }
    }

    @Override
    public void fold(Slice older, Slice newer, ValueBuffer out) {
        out.append(older).append((byte) separator).append(newer);
    }
}
