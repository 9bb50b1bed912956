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
package io.flinklsm.core.storage.tiered;

import java.io.IOException;

/**
 * Is told by a {@link TieredStorage} how bringing files here goes, by the thread that does it; must
 * be quick, and not throw.
 */
public interface TieredListener {

    /** All files that were remote when it began are here, or were deleted. */
    void fetchEnded(TieredStats stats);

    /** A file cannot be had any more, whatever is tried: what needs it must fail. */
    void fileLost(String file, IOException cause);

    /** A file could not be had this time; it is tried again later. Told once for a file. */
    void fetchDelayed(String file, IOException cause);
}
