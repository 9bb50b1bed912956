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
package io.flinklsm.statebackend.timers;

import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.registry.StateRegistration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.CompositeKeySerializationUtils;
import org.apache.flink.runtime.state.KeyExtractorFunction;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.Keyed;
import org.apache.flink.runtime.state.PriorityComparable;
import org.apache.flink.runtime.state.PriorityComparator;
import org.apache.flink.runtime.state.RegisteredPriorityQueueStateBackendMetaInfo;
import org.apache.flink.runtime.state.heap.HeapPriorityQueueElement;
import org.apache.flink.runtime.state.heap.KeyGroupPartitionedPriorityQueue;

/** Makes the queues of a backend: one set per key group, and Flink's heap over their heads. */
public final class QueueFactory {

    private final StateRegistration registration;
    private final KeyGroupRange keyGroupRange;
    private final int numberOfKeyGroups;
    private final int heads;
    private final DataOutputSerializer out = new DataOutputSerializer(64);

    /**
     * @param heads elements of a key group that are kept at hand
     */
    public QueueFactory(
            StateRegistration registration,
            KeyGroupRange keyGroupRange,
            int numberOfKeyGroups,
            int heads) {
        this.heads = heads;
        this.registration = registration;
        this.keyGroupRange = keyGroupRange;
        this.numberOfKeyGroups = numberOfKeyGroups;
    }

    /** One object for each name, so that all who ask for a queue see the same. */
    private record Queue<T>(
            KeyGroupedInternalPriorityQueue<T> queue, List<LsmPriorityQueueSet<T>> sets) {}

    /**
     * The queue of that name, registered.
     *
     * @param upgradable whether the serializer may be replaced by a later registration
     */
    @SuppressWarnings("unchecked")
    public <T extends HeapPriorityQueueElement & PriorityComparable<? super T> & Keyed<?>>
            KeyGroupedInternalPriorityQueue<T> createOrUpdate(
                    String name, TypeSerializer<T> elementSerializer, boolean upgradable) {
        RegisteredState state = registration.registerQueue(name, elementSerializer, upgradable);
        RegisteredPriorityQueueStateBackendMetaInfo<T> metaInfo =
                (RegisteredPriorityQueueStateBackendMetaInfo<T>) state.metaInfo();
        if (metaInfo == null) {
            throw new IllegalStateException("[" + name + "] the queue is not registered");
        }
        TypeSerializer<T> serializer = metaInfo.getElementSerializer();
        Queue<T> queue = (Queue<T>) state.stateObject();
        if (queue == null) {
            queue = create(state, serializer);
            state.setStateObject(queue);
        } else {
            for (LsmPriorityQueueSet<T> set : queue.sets()) {
                set.setSerializer(serializer);
            }
        }
        return queue.queue();
    }

    private <T extends HeapPriorityQueueElement & PriorityComparable<? super T> & Keyed<?>>
            Queue<T> create(RegisteredState state, TypeSerializer<T> serializer) {
        int keyGroupBytes =
                CompositeKeySerializationUtils.computeRequiredBytesInKeyGroupPrefix(
                        numberOfKeyGroups);
        List<LsmPriorityQueueSet<T>> sets = new ArrayList<>();
        KeyGroupedInternalPriorityQueue<T> queue =
                new KeyGroupPartitionedPriorityQueue<T, LsmPriorityQueueSet<T>>(
                        KeyExtractorFunction.forKeyedObjects(),
                        PriorityComparator.forPriorityComparableObjects(),
                        (keyGroup, groups, keys, order) -> {
                            byte[] prefix = new byte[keyGroupBytes];
                            CompositeKeySerializationUtils.serializeKeyGroup(keyGroup, prefix);
                            LsmPriorityQueueSet<T> set =
                                    new LsmPriorityQueueSet<>(
                                            state.tree(),
                                            serializer,
                                            prefix,
                                            out,
                                            heads,
                                            !state.isRestored());
                            sets.add(set);
                            return set;
                        },
                        keyGroupRange,
                        numberOfKeyGroups);
        return new Queue<>(queue, sets);
    }
}
