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
package io.flinklsm.benchmarks.workload;

import java.util.Locale;

/**
 * How large the state of a run is and how long each case lasts.
 *
 * @param size which of the three scales this is
 * @param valueKeys keys of the ValueState and ReducingState cases
 * @param collectionKeys keys of the ListState cases and of the MapState cases with small maps
 * @param wideMaps number of maps with {@link #WIDE_ENTRIES} entries
 * @param warmupMillis how long a case runs before its clock starts
 * @param measureMillis how long a case runs on the clock
 */
public record Scale(
        Size size,
        int valueKeys,
        int collectionKeys,
        int wideMaps,
        int warmupMillis,
        int measureMillis) {

    /** The three scales by name. */
    public enum Size {
        FULL,
        QUICK,
        TINY
    }

    /** Elements of a list, and entries of a small map. */
    public static final int SMALL_ENTRIES = 10;

    /** Entries of a wide map. */
    public static final int WIDE_ENTRIES = 1_000;

    /** For the figures that are published. */
    public static final Scale FULL = new Scale(Size.FULL, 1_000_000, 131_072, 1_000, 2_000, 3_000);

    /** All cases in a few minutes for three backends: state that is too small to judge by. */
    static final Scale QUICK = new Scale(Size.QUICK, 150_000, 8_192, 100, 200, 200);

    /** Only proves that every case runs and answers rightly. */
    public static final Scale TINY = new Scale(Size.TINY, 2_000, 200, 3, 1, 5);

    public Scale {
        if (valueKeys < 1 || collectionKeys < 1 || wideMaps < 1 || measureMillis < 1) {
            throw new IllegalArgumentException(
                    "[scale] sizes must be positive: valueKeys="
                            + valueKeys
                            + ", collectionKeys="
                            + collectionKeys
                            + ", wideMaps="
                            + wideMaps
                            + ", measureMillis="
                            + measureMillis);
        }
    }

    /** The same sizes, with cases that last {@code times} as long. */
    public Scale longer(int times) {
        return new Scale(
                size,
                valueKeys,
                collectionKeys,
                wideMaps,
                times * warmupMillis,
                times * measureMillis);
    }

    /** One of three values, by the size of the run. */
    public <T> T choose(T full, T quick, T tiny) {
        return switch (size) {
            case FULL -> full;
            case QUICK -> quick;
            case TINY -> tiny;
        };
    }

    /** The name on the command line. */
    public String label() {
        return size.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The scale of a name on the command line.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public static Scale ofName(String name) {
        switch (name) {
            case "full":
                return FULL;
            case "quick":
                return QUICK;
            case "tiny":
                return TINY;
            default:
                throw new IllegalArgumentException(
                        "[scale] unknown scale: name=" + name + "; use full, quick or tiny");
        }
    }
}
