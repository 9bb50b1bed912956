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
package io.flinklsm.core.parquet.footer;

/**
 * A part of a file's tail.
 *
 * @param from index in the array of the tail
 * @param to index behind the last byte
 */
public record TailRange(int from, int to) {

    public TailRange {
        if (from < 0 || to < from) {
            throw new IllegalArgumentException(
                    "a range ends before it begins: from=" + from + ", to=" + to);
        }
    }

    /** Of what is not there. */
    public static final TailRange NONE = new TailRange(0, 0);

    public int length() {
        return to - from;
    }
}
