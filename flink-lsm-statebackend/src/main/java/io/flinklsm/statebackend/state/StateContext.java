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
package io.flinklsm.statebackend.state;

import io.flinklsm.statebackend.key.CurrentKey;
import io.flinklsm.statebackend.life.BackendLife;

/**
 * What all states of a backend share: the current key, and buffers that no call keeps beyond its
 * end. Confined to the task thread, but for {@code life} and {@code numberOfKeyGroups}.
 */
public final class StateContext<K> {

    private final CurrentKey<K> currentKey;
    private final int numberOfKeyGroups;
    private final BackendLife life;
    private final StateBuffers buffers = new StateBuffers();

    public StateContext(CurrentKey<K> currentKey, int numberOfKeyGroups, BackendLife life) {
        this.currentKey = currentKey;
        this.numberOfKeyGroups = numberOfKeyGroups;
        this.life = life;
    }

    CurrentKey<K> currentKey() {
        return currentKey;
    }

    int numberOfKeyGroups() {
        return numberOfKeyGroups;
    }

    BackendLife life() {
        return life;
    }

    StateBuffers buffers() {
        return buffers;
    }
}
