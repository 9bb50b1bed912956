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

import io.flinklsm.core.bytes.OwnedSlice;

/**
 * A key that takes much of a file.
 *
 * @param key key group and key as they begin each of its entries; only the first {@link
 *     #KEY_BYTES_MAX} bytes of a longer one
 * @param hash of the whole key, xxHash64; tells keys apart that are alike as far as they are kept
 * @param entries all of them, tombstones included
 * @param bytes of keys and values, before compression
 */
public record HeavyKey(OwnedSlice key, long hash, long entries, long tombstones, long bytes) {

    /** Longer keys are cut. */
    public static final int KEY_BYTES_MAX = 128;

    public HeavyKey {
        if (key.length() > KEY_BYTES_MAX || tombstones > entries || tombstones < 0 || bytes < 0) {
            throw new IllegalArgumentException(
                    "no key of a sketch: keyBytes="
                            + key.length()
                            + ", entries="
                            + entries
                            + ", tombstones="
                            + tombstones
                            + ", bytes="
                            + bytes);
        }
    }
}
