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
package io.flinklsm.core.sstable;

import java.util.List;

/**
 * What is known of an SSTable before its first entry is written.
 *
 * @param level which it is written to
 * @param isBottom whether nothing older of its keys is known beneath it
 * @param createdMillis when it is written, milliseconds since the epoch
 * @param replaced names of the files whose place it takes, with others
 */
public record NewSstable(
        SstableIdentity identity,
        int level,
        boolean isBottom,
        long createdMillis,
        List<String> replaced) {

    public NewSstable {
        if (level < 0 || createdMillis < 0) {
            throw new IllegalArgumentException(
                    "["
                            + identity.fileName()
                            + "] a new SSTable cannot be this: level="
                            + level
                            + ", createdMillis="
                            + createdMillis);
        }
    }

    /** It takes the place of no file. */
    public NewSstable(SstableIdentity identity, int level, boolean isBottom, long createdMillis) {
        this(identity, level, isBottom, createdMillis, List.of());
    }
}
