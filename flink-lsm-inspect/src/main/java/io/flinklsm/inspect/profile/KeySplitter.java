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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.leaf.Leaf;
import org.jspecify.annotations.Nullable;

/**
 * Tells which bytes of an entry's key are key group and key, and what follows: namespace and map
 * key. Confined to one thread.
 */
public final class KeySplitter {

    private final @Nullable EntryBinding binding;

    // Of the key that was split last; -1 if nothing tells.
    private int keyEnd = -1;

    public KeySplitter(@Nullable EntryColumns columns) {
        binding = columns == null ? null : new EntryBinding(columns);
    }

    public void split(Slice key) {
        if (binding == null) {
            return;
        }
        for (Leaf leaf : binding.keyLeaves()) {
            leaf.buffer().clear();
        }
        binding.addKey(key);
        keyEnd = binding.keyBytes();
    }

    /** Where the key ends and the namespace begins; -1 if nothing tells. */
    public int keyEnd() {
        return keyEnd;
    }
}
