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

import io.flinklsm.core.sstable.Sstable;
import java.util.List;

/**
 * The SSTables of one tree at one moment; immutable.
 *
 * @param level0 newest generation first; key ranges may overlap
 * @param deeper level 1 and below, each one sorted run of disjoint SSTables in key order
 */
public record Version(List<Sstable> level0, List<Level> deeper) {

    public static final Version EMPTY = new Version(List.of(), List.of());

    public Version {
        level0 = List.copyOf(level0);
        deeper = List.copyOf(deeper);
    }
}
