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
package io.flinklsm.statebackend.key;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.KeyRange;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.jspecify.annotations.Nullable;

/**
 * Key groups as ranges of keys: every key begins with its key group, big-endian, in one byte or
 * two.
 */
public final class KeyGroupRanges {

    private KeyGroupRanges() {}

    /** Every key of the key groups; an empty range for no key groups. */
    public static KeyRange keyRange(KeyGroupRange keyGroups, int keyGroupBytes) {
        if (keyGroups.getNumberOfKeyGroups() == 0) {
            return new KeyRange(OwnedSlice.EMPTY, OwnedSlice.EMPTY);
        }
        OwnedSlice start = prefix(keyGroups.getStartKeyGroup(), keyGroupBytes);
        return new KeyRange(start, endOf(keyGroups.getEndKeyGroup(), keyGroupBytes));
    }

    /** Key group of a key. */
    public static int keyGroup(byte[] key, int keyGroupBytes) {
        int keyGroup = key[0] & 0xFF;
        return keyGroupBytes == 1 ? keyGroup : keyGroup << 8 | (key[1] & 0xFF);
    }

    private static @Nullable OwnedSlice endOf(int lastKeyGroup, int keyGroupBytes) {
        return KeyRange.successorOfPrefix(prefix(lastKeyGroup, keyGroupBytes));
    }

    private static OwnedSlice prefix(int keyGroup, int keyGroupBytes) {
        return OwnedSlice.wrap(
                keyGroupBytes == 1
                        ? new byte[] {(byte) keyGroup}
                        : new byte[] {(byte) (keyGroup >>> 8), (byte) keyGroup});
    }
}
