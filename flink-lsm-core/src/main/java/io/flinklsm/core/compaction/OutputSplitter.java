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
package io.flinklsm.core.compaction;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;

/**
 * Says where one output ends and the next begins: at about the target size, and rather between two
 * key groups than inside one, so that a rescale finds files that it need not clip. Confined to one
 * thread.
 *
 * <pre>
 *  0        ¾ target     target     5/4 target
 *  |-----------|------------|------------|
 *   never        only where a key group begins   anywhere      (anywhere from target on, if keys
 *                                                               have no key group)
 * </pre>
 */
final class OutputSplitter {

    private static final int NO_GROUP = -1;

    private final long earliestBytes;
    private final long latestBytes;
    private final int keyGroupBytes;
    private int lastGroup = NO_GROUP;

    /**
     * @param keyGroupBytes bytes of the key-group prefix: 0 for none, 1 or 2
     */
    OutputSplitter(long targetBytes, int keyGroupBytes) {
        if (targetBytes < 1 || keyGroupBytes < 0 || keyGroupBytes > 2) {
            throw new IllegalArgumentException(
                    "outputs are not split so: targetBytes="
                            + targetBytes
                            + ", keyGroupBytes="
                            + keyGroupBytes);
        }
        this.keyGroupBytes = keyGroupBytes;
        this.earliestBytes = keyGroupBytes == 0 ? targetBytes : targetBytes - targetBytes / 4;
        this.latestBytes = keyGroupBytes == 0 ? targetBytes : targetBytes + targetBytes / 4;
    }

    /**
     * Whether a new file begins with this key, if the one before has this size.
     *
     * @param key in ascending order
     */
    boolean beginsFile(Slice key, long bytesSoFar) {
        Invariants.check(
                bytesSoFar >= 0, "a file holds less than nothing", "bytesSoFar", bytesSoFar);
        int group = groupOf(key);
        boolean border = group != lastGroup;
        lastGroup = group;
        return bytesSoFar >= latestBytes || (border && bytesSoFar >= earliestBytes);
    }

    private int groupOf(Slice key) {
        if (keyGroupBytes == 0 || key.length() < keyGroupBytes) {
            return NO_GROUP;
        }
        int group = 0;
        for (int i = 0; i < keyGroupBytes; i++) {
            group = (group << 8) | (key.byteAt(i) & 0xFF);
        }
        return group;
    }
}
