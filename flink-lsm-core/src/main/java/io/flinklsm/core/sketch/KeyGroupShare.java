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

/**
 * Some neighbouring key groups, and what a file holds for them.
 *
 * @param firstGroup the first of them
 * @param groupCount how many they are
 * @param bytes of keys and values, before compression
 */
public record KeyGroupShare(int firstGroup, int groupCount, long entries, long bytes) {

    public KeyGroupShare {
        if (firstGroup < 0 || groupCount <= 0 || entries < 0 || bytes < 0) {
            throw new IllegalArgumentException(
                    "no key groups: firstGroup="
                            + firstGroup
                            + ", groupCount="
                            + groupCount
                            + ", entries="
                            + entries
                            + ", bytes="
                            + bytes);
        }
    }
}
