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
package io.flinklsm.core.slot;

/** A store as its neighbours in the slot see it: they may ask it for memory. */
public interface Neighbour {

    /**
     * What is frozen is flushed now. If nothing is, the writer freezes its largest open generation
     * at its next access. Any thread.
     *
     * @param fromBytes unless its open generations hold less than this together
     */
    void requestFlush(long fromBytes);
}
