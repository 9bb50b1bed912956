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
package io.flinklsm.statebackend.key;

import org.apache.flink.runtime.state.InternalKeyContext;
import org.apache.flink.runtime.state.InternalKeyContextImpl;
import org.apache.flink.runtime.state.KeyGroupRange;

/**
 * The current key and key group, with a count of their changes: code that caches something derived
 * from the key compares the count. Also counts changes that go round the backend (the changelog
 * sets the context directly when it replays). Confined to the task thread.
 *
 * @param <K> type of the keys
 */
public final class TaskKeyContext<K> implements InternalKeyContext<K> {

    private final InternalKeyContextImpl<K> context;
    private long changes = 1;

    public TaskKeyContext(KeyGroupRange range, int numberOfKeyGroups) {
        context = new InternalKeyContextImpl<>(range, numberOfKeyGroups);
    }

    /** Counts every set, from 1; it never goes back. */
    public long changes() {
        return changes;
    }

    @Override
    public K getCurrentKey() {
        return context.getCurrentKey();
    }

    @Override
    public int getCurrentKeyGroupIndex() {
        return context.getCurrentKeyGroupIndex();
    }

    @Override
    public int getNumberOfKeyGroups() {
        return context.getNumberOfKeyGroups();
    }

    @Override
    public KeyGroupRange getKeyGroupRange() {
        return context.getKeyGroupRange();
    }

    @Override
    public void setCurrentKey(K currentKey) {
        changes++;
        context.setCurrentKey(currentKey);
    }

    @Override
    public void setCurrentKeyGroupIndex(int currentKeyGroupIndex) {
        changes++;
        context.setCurrentKeyGroupIndex(currentKeyGroupIndex);
    }
}
