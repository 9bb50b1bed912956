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
package io.flinklsm.core.write;

import io.flinklsm.core.check.Invariants;

/**
 * When a generation is full: by its tree's own limit, or because the store's open generations reach
 * their share of the budget.
 *
 * @param treeLimitBytes limit of one generation
 */
public record FreezeRule(long treeLimitBytes) {

    public FreezeRule {
        if (treeLimitBytes <= 0) {
            throw new IllegalArgumentException(
                    "a generation needs room: treeLimitBytes=" + treeLimitBytes);
        }
    }

    public boolean isTreeFull(long openBytes) {
        Invariants.check(openBytes >= 0, "a tree holds less than nothing", "openBytes", openBytes);
        return openBytes >= treeLimitBytes;
    }

    /**
     * Whether a store should freeze its largest open generation. At half of the share, so that
     * writes go on into the other half while the frozen one is flushed.
     */
    public boolean isStoreFull(long openBytes, long shareBytes) {
        Invariants.check(
                openBytes >= 0 && shareBytes >= 0,
                "a store holds less than nothing",
                "openBytes",
                openBytes,
                "shareBytes",
                shareBytes);
        return openBytes >= shareBytes / 2;
    }
}
