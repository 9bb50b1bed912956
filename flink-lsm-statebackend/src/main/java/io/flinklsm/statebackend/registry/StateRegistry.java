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
package io.flinklsm.statebackend.registry;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.LsmTree;
import io.flinklsm.core.TreeOptions;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.statebackend.key.RowFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.runtime.state.RegisteredStateMetaInfoBase;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.BackendStateType;
import org.jspecify.annotations.Nullable;

/**
 * The states and queues of one backend. Order of registration is the state id in checkpoints; it
 * never changes during the backend's life. A state and a queue may have the same name. Confined to
 * the task thread.
 */
public final class StateRegistry {

    private static final String STATE_PREFIX = "kv/";
    private static final String QUEUE_PREFIX = "pq/";

    private final LsmStore store;
    private final Map<String, RegisteredState> byTree = new LinkedHashMap<>();

    public StateRegistry(LsmStore store) {
        this.store = store;
    }

    /** The tree of a key-value state. */
    public static String stateTreeName(String stateName) {
        return STATE_PREFIX + stateName;
    }

    /** The tree of a priority queue. */
    public static String queueTreeName(String queueName) {
        return QUEUE_PREFIX + queueName;
    }

    public static String treeName(StateMetaInfoSnapshot snapshot) {
        return snapshot.getBackendStateType() == BackendStateType.PRIORITY_QUEUE
                ? queueTreeName(snapshot.getName())
                : stateTreeName(snapshot.getName());
    }

    /**
     * Adopts a state of a checkpoint: configures its tree (or creates an empty one) by the state's
     * kind alone. A state that is there already stays as it is: several handles of one checkpoint
     * list the same states.
     */
    public RegisteredState restore(StateMetaInfoSnapshot snapshot) throws IOException {
        String treeName = treeName(snapshot);
        RegisteredState state = byTree.get(treeName);
        if (state == null) {
            StateDescriptor.@Nullable Type type = RegisteredState.typeOf(snapshot).orElse(null);
            LsmTree tree = store.openTree(treeName, treeOptions(type, null));
            state = new RegisteredState(snapshot, tree);
            byTree.put(treeName, state);
        }
        return state;
    }

    /** Adds a state that no checkpoint brought. */
    public RegisteredState add(
            RegisteredStateMetaInfoBase metaInfo, StateDescriptor.@Nullable Type type)
            throws IOException {
        String treeName =
                type == null
                        ? queueTreeName(metaInfo.getName())
                        : stateTreeName(metaInfo.getName());
        LsmTree tree = store.openTree(treeName, treeOptions(type, null));
        RegisteredState state =
                new RegisteredState(metaInfo.getName(), type == null, tree, metaInfo);
        byTree.put(treeName, state);
        return state;
    }

    public @Nullable RegisteredState state(String stateName) {
        return byTree.get(stateTreeName(stateName));
    }

    public @Nullable RegisteredState queue(String queueName) {
        return byTree.get(queueTreeName(queueName));
    }

    /** All states and queues in the order of their ids. */
    public List<RegisteredState> all() {
        return new ArrayList<>(byTree.values());
    }

    /** Meta infos in the order of state ids; serializers in them are duplicates. */
    public List<StateMetaInfoSnapshot> snapshotMetaInfos() {
        List<StateMetaInfoSnapshot> snapshots = new ArrayList<>(byTree.size());
        for (RegisteredState state : byTree.values()) {
            snapshots.add(state.snapshotMetaInfo());
        }
        return snapshots;
    }

    public boolean isEmpty() {
        return byTree.isEmpty();
    }

    /**
     * Options of a state's tree.
     *
     * @param type null for a queue
     */
    public static TreeOptions treeOptions(
            StateDescriptor.@Nullable Type type, @Nullable EntryFilter filter) {
        if (type == null) {
            return new TreeOptions(MemtableKind.ORDERED, null, filter);
        }
        return switch (type) {
            case MAP -> new TreeOptions(MemtableKind.PREFIX_HASH, null, filter);
            case LIST ->
                    new TreeOptions(
                            MemtableKind.HASH,
                            new AppendOperator(RowFormat.LIST_DELIMITER),
                            filter);
            default -> new TreeOptions(MemtableKind.HASH, null, filter);
        };
    }
}
