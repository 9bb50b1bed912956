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
package io.flinklsm.benchmarks.async;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Values of 200 bytes that no codec makes shorter, each known by its key. */
final class RandomValues {

    static final int BYTES = 200;

    private RandomValues() {}

    static byte[] of(long key) {
        byte[] value = new byte[BYTES];
        new SplittableRandom(key).nextBytes(value);
        ByteBuffer.wrap(value).putLong(key);
        return value;
    }

    /**
     * Checks an answer.
     *
     * @throws IllegalStateException if it is not the value of the key
     */
    static void check(long key, byte @Nullable [] value) {
        if (value == null || value.length != BYTES || ByteBuffer.wrap(value).getLong() != key) {
            throw new IllegalStateException(
                    "[async] a wrong answer: key="
                            + key
                            + ", bytes="
                            + (value == null ? "none" : value.length));
        }
    }
}
