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

import io.flinklsm.core.errors.CorruptionException;
import org.jspecify.annotations.Nullable;

/** The messages of damaged SSTables, in one form. */
final class Corruption {

    private static final String WHAT_TO_DO =
            "; the file is damaged, restore an earlier checkpoint.";

    private Corruption() {}

    static CorruptionException of(String name, String what) {
        return new CorruptionException("[" + name + "] " + what + WHAT_TO_DO);
    }

    static CorruptionException of(String name, @Nullable String what, Throwable cause) {
        return new CorruptionException("[" + name + "] " + what + WHAT_TO_DO, cause);
    }

    static CorruptionException checksum(
            String name, String part, long offset, int stored, int computed) {
        return of(
                name,
                part
                        + " fails its checksum: stored="
                        + Integer.toHexString(stored)
                        + ", computed="
                        + Integer.toHexString(computed)
                        + ", offset="
                        + offset);
    }
}
