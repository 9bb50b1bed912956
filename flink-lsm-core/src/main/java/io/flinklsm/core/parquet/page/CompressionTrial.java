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
package io.flinklsm.core.parquet.page;

/**
 * Decides whether compressing the pages of a column is worth its time, by what it has saved so far.
 * A page that saves too little is stored as it is, and so are the ones behind it, untried: one at
 * first, about twice as many after each further page that did not pay, up to {@link #MAX_UNTRIED}.
 * Random numbers and hashes cost next to nothing then, when they are written and when they are
 * read. Confined to one thread.
 */
final class CompressionTrial {

    /** A column that changes is noticed after so many pages. */
    static final int MAX_UNTRIED = 31;

    private final int leastSavingPart;
    private int untriedAfterFailure = 1;
    private int untriedLeft;

    /**
     * @param leastSavingPart a page is worth compressing if it gets shorter by this part of itself
     */
    CompressionTrial(int leastSavingPart) {
        this.leastSavingPart = leastSavingPart;
    }

    /** Whether the next page is to be tried; it counts as untried if not. */
    boolean isDue() {
        if (untriedLeft == 0) {
            return true;
        }
        untriedLeft--;
        return false;
    }

    /** Whether the page that was tried is to be stored compressed, now that its size is known. */
    boolean pays(int plainBytes, int compressedBytes) {
        if (compressedBytes < plainBytes
                && (long) (plainBytes - compressedBytes) * leastSavingPart >= plainBytes) {
            untriedAfterFailure = 1;
            return true;
        }
        untriedLeft = untriedAfterFailure;
        untriedAfterFailure = Math.min(2 * untriedAfterFailure + 1, MAX_UNTRIED);
        return false;
    }
}
