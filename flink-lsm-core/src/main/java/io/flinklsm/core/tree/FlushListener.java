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
package io.flinklsm.core.tree;

import io.flinklsm.core.sstable.SstableMeta;
import java.util.List;

/** Hears of every flush of a store that has ended. */
public interface FlushListener {

    /**
     * The plan's generations are files now. Needs the lock.
     *
     * @param written in key order; none if nothing was left of the entries
     */
    void flushed(TreeState tree, FlushPlan plan, List<SstableMeta> written);
}
