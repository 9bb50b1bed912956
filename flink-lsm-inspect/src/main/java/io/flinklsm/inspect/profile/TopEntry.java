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
package io.flinklsm.inspect.profile;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.inspect.source.StateView;

/**
 * A line of a ranking. What is not known is -1.
 *
 * @param name of the key, key group, namespace or map key, as people read it
 * @param keyGroup -1 if it is in several, or unknown
 * @param key key group and key as entries begin with them; empty if it is no key
 */
public record TopEntry(
        StateView view,
        String name,
        int keyGroup,
        OwnedSlice key,
        Stored stored,
        long liveEntries,
        long liveBytes) {

    /**
     * What all files have of it.
     *
     * @param isLeast whether the figures are lower bounds
     */
    public record Stored(boolean isLeast, long entries, long tombstones, long bytes) {}

    /** With what reading the key has told. */
    TopEntry with(KeyFootprint footprint) {
        return new TopEntry(
                view,
                name,
                keyGroup,
                key,
                new Stored(
                        false,
                        footprint.storedEntries(),
                        footprint.tombstones(),
                        footprint.storedBytes()),
                footprint.liveEntries(),
                footprint.liveBytes());
    }
}
