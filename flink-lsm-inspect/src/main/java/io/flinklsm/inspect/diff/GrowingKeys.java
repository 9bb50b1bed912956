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
package io.flinklsm.inspect.diff;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.inspect.diff.StateDiff.KeyGrowth;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.profile.KeySplitter;
import io.flinklsm.inspect.profile.KeyTexts;
import io.flinklsm.inspect.profile.StateProfile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The keys whose entries have grown most in number and size, or shrunk, while entries that differ
 * come by in key order. Confined to one thread.
 */
final class GrowingKeys {

    private static final Comparator<Growth> SMALLEST_FIRST =
            Comparator.comparingLong((Growth one) -> Math.abs(one.bytes()))
                    .thenComparing(Growth::key, Comparator.reverseOrder());

    private final int limit;
    private final int keyGroupBytes;
    private final KeySplitter splitter;
    private final KeyTexts texts;
    private final PriorityQueue<Growth> most = new PriorityQueue<>(SMALLEST_FIRST);

    // Of the key whose entries come in.
    private final ValueBuffer key = new ValueBuffer();
    private final Slice view = new Slice();
    private boolean hasKey;
    private long entries;
    private long bytes;

    private record Growth(OwnedSlice key, long entries, long bytes) {}

    GrowingKeys(MergedState state, int limit) {
        this.limit = limit;
        keyGroupBytes = StateProfile.keyGroupBytes(state.view(), state.columns());
        splitter = new KeySplitter(state.columns());
        texts = new KeyTexts(state.columns());
    }

    void add(Slice entryKey, int moreEntries, long moreBytes) {
        splitter.split(entryKey);
        int end = splitter.keyEnd() < 0 ? entryKey.length() : splitter.keyEnd();
        if (!hasKey || key.length() != end || !entryKey.startsWith(key.view(view))) {
            end();
            key.set(view.setRaw(entryKey.rawBase(), entryKey.rawOffset(), end));
            hasKey = true;
        }
        entries += moreEntries;
        bytes += moreBytes;
    }

    private void end() {
        if (hasKey && bytes != 0) {
            Growth least = most.peek();
            if (most.size() < limit
                    || (least != null && Math.abs(bytes) > Math.abs(least.bytes()))) {
                most.add(new Growth(key.view(view).toOwned(), entries, bytes));
                if (most.size() > limit) {
                    most.poll();
                }
            }
        }
        entries = 0;
        bytes = 0;
    }

    /** The greatest difference first. */
    List<KeyGrowth> result() {
        end();
        hasKey = false;
        List<Growth> sorted = new ArrayList<>(most);
        sorted.sort(SMALLEST_FIRST.reversed());
        List<KeyGrowth> result = new ArrayList<>();
        for (Growth one : sorted) {
            result.add(
                    new KeyGrowth(
                            texts.ofKey(one.key(), false),
                            KeyTexts.keyGroup(one.key(), keyGroupBytes),
                            one.entries(),
                            one.bytes()));
        }
        return result;
    }
}
