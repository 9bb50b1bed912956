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
package io.flinklsm.core.version;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.Sstable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A level below level 0: one sorted run.
 *
 * @param number 1 or more
 */
public record Level(int number, SortedRun run) {
    public Level {
        if (number < 1 || run.level() != number) {
            throw new IllegalArgumentException(
                    "a level below level 0 is one run of that level: number="
                            + number
                            + ", runLevel="
                            + run.level());
        }
    }

    public Level(int number, List<Sstable> sstables) {
        this(number, new SortedRun(number, sstables));
    }

    /** In key order. */
    public List<Sstable> sstables() {
        return run.sstables();
    }

    public long sizeBytes() {
        return run.sizeBytes();
    }

    /** The one SSTable that can hold the key, or null. */
    public @Nullable Sstable find(Slice key) {
        return run.find(key);
    }

    /** The SSTables that can hold keys of the range, in key order. */
    public List<Sstable> overlapping(KeyRange range) {
        return run.overlapping(range);
    }
}
