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
import io.flinklsm.core.columns.Leaf;
import io.flinklsm.core.columns.RowBinding;
import io.flinklsm.core.columns.RowColumns;
import org.jspecify.annotations.Nullable;

/**
 * Takes the keys of entries apart: key group and key, namespace, map key. Confined to one thread.
 */
final class KeySplitter {

    private final @Nullable RowBinding binding;

    // Of the key that was split last; -1 where nothing tells.
    private int keyEnd = -1;
    private int namespaceEnd = -1;

    KeySplitter(@Nullable RowColumns columns) {
        binding = columns == null ? null : new RowBinding(columns);
    }

    void split(Slice key) {
        if (binding == null) {
            return;
        }
        for (Leaf leaf : binding.keyLeaves()) {
            leaf.buffer().clear();
        }
        boolean isTyped = binding.addKey(key);
        keyEnd = binding.keyBytes();
        boolean isMap = binding.columns().mapKey() != null;
        namespaceEnd = isMap ? binding.prefixBytes() : isTyped ? key.length() : -1;
    }

    /** Where the key ends and the namespace begins; -1 if nothing tells. */
    int keyEnd() {
        return keyEnd;
    }

    /** Where the namespace ends and the map key begins; -1 if nothing tells. */
    int namespaceEnd() {
        return namespaceEnd;
    }
}
