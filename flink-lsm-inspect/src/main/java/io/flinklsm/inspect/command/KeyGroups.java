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
package io.flinklsm.inspect.command;

import io.flinklsm.core.bytes.OwnedSlice;
import java.util.HexFormat;

/** The key group that engine keys begin with, and keys as hexadecimal text. */
final class KeyGroups {

    private KeyGroups() {}

    /**
     * @param keyGroupBytes 1 or 2
     * @return -1 if the key is too short to have one
     */
    static int of(OwnedSlice key, int keyGroupBytes) {
        if (key.length() < keyGroupBytes) {
            return -1;
        }
        byte[] bytes = key.toBytes();
        int first = bytes[0] & 0xFF;
        return keyGroupBytes == 1 ? first : first << 8 | (bytes[1] & 0xFF);
    }

    static String hex(OwnedSlice key) {
        return HexFormat.of().formatHex(key.toBytes());
    }
}
