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
package io.flinklsm.core.sketch;

import java.util.List;

/**
 * The keys of a file that stand out, and how large the others are at most. Immutable.
 *
 * @param list by bytes, the largest first; some are there for their number of entries
 * @param omittedBytes no key that is not in the list has more bytes
 * @param omittedEntries no key that is not in the list has more entries
 */
public record HeavyKeys(List<HeavyKey> list, long omittedBytes, long omittedEntries) {

    public HeavyKeys {
        list = List.copyOf(list);
    }
}
