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
import io.flinklsm.core.bytes.Unicode;
import io.flinklsm.core.manifest.TreeNames;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.statebackend.key.EntryFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.RegisteredStateMetaInfoBase;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.BackendStateType;
import org.apache.flink.util.StateMigrationException;
import org.jspecify.annotations.Nullable;

/**
 * The states and queues of one backend. Order of registration is the state id in checkpoints; it
 * never changes during the backend's life. A state and a queue may have the same name. Confined to
 * the task thread.
 */
public final class StateRegistry {

    /** Flink writes names into every checkpoint as Java's modified UTF-8, with a short length. */
    private static final int MAX_NAME_BYTES = 0xFFFF;

    private static final int SHOWN_NAME_LENGTH = 60;

    private final LsmStore store;
    private final Map<String, RegisteredState> byTree = new LinkedHashMap<>();
    private Consumer<LsmTree> whenOpened = tree -> {};

    public StateRegistry(LsmStore store) {
        this.store = store;
    }

    /** Tells of the tree of each state that is there, and of each that comes. */
    public void whenOpened(Consumer<LsmTree> listener) {
        byTree.values().forEach(state -> listener.accept(state.tree()));
        whenOpened = listener;
    }

    public static String treeName(StateMetaInfoSnapshot snapshot) {
        return snapshot.getBackendStateType() == BackendStateType.PRIORITY_QUEUE
                ? TreeNames.ofQueue(snapshot.getName())
                : TreeNames.ofState(snapshot.getName());
    }

    /**
     * Adopts a state of a checkpoint: configures its tree (or creates an empty one) by the state's
     * kind alone. A state that is there already stays as it is: several handles of one checkpoint
     * list the same states.
     *
     * @throws StateMigrationException if a handle before has it in another schema
     */
    public RegisteredState restore(StateMetaInfoSnapshot snapshot)
            throws IOException, StateMigrationException {
        String treeName = treeName(snapshot);
        RegisteredState state = byTree.get(treeName);
        if (state == null) {
            StateDescriptor.@Nullable Type type = RegisteredState.typeOf(snapshot).orElse(null);
            LsmTree tree = store.openTree(treeName, treeOptions(type, null));
            state = new RegisteredState(snapshot, tree);
            byTree.put(treeName, state);
            whenOpened.accept(tree);
        } else {
            checkSchema(state.snapshotMetaInfo(), snapshot);
        }
        return state;
    }

    /**
     * A job may register a state with the first event that comes: then a subtask without events
     * still carries the schema before, and its entries are not migrated.
     */
    private static void checkSchema(StateMetaInfoSnapshot one, StateMetaInfoSnapshot other)
            throws IOException, StateMigrationException {
        for (Map.Entry<String, TypeSerializerSnapshot<?>> part :
                other.getSerializerSnapshotsImmutable().entrySet()) {
            TypeSerializerSnapshot<?> before =
                    one.getSerializerSnapshotsImmutable().get(part.getKey());
            if (before == null || !isSameSchema(before, part.getValue())) {
                throw new StateMigrationException(
                        "["
                                + Unicode.escape(other.getName())
                                + "] subtasks have it in two schemas, so that one cannot read what"
                                + " both have written: serializer="
                                + part.getKey()
                                + "; restore with the parallelism that the snapshot has, let every"
                                + " subtask register the state (best in open(), not with the first"
                                + " event), take a snapshot, and rescale from that one.");
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> boolean isSameSchema(
            TypeSerializerSnapshot<?> one, TypeSerializerSnapshot<T> other) throws IOException {
        if (Arrays.equals(bytes(one), bytes(other))) {
            return true;
        }
        // Caches of subclasses, for one, may differ from subtask to subtask.
        TypeSerializerSchemaCompatibility<T> compatibility =
                other.resolveSchemaCompatibility((TypeSerializerSnapshot<T>) one);
        return !compatibility.isCompatibleAfterMigration() && !compatibility.isIncompatible();
    }

    private static byte[] bytes(TypeSerializerSnapshot<?> snapshot) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(256);
        TypeSerializerSnapshot.writeVersionedSnapshot(out, snapshot);
        return out.getCopyOfBuffer();
    }

    /**
     * Adds a state that no checkpoint brought.
     *
     * @throws IllegalArgumentException if no checkpoint could hold its name
     */
    public RegisteredState add(
            RegisteredStateMetaInfoBase metaInfo, StateDescriptor.@Nullable Type type)
            throws IOException {
        checkName(metaInfo.getName());
        String treeName =
                type == null
                        ? TreeNames.ofQueue(metaInfo.getName())
                        : TreeNames.ofState(metaInfo.getName());
        LsmTree tree = store.openTree(treeName, treeOptions(type, null));
        RegisteredState state =
                new RegisteredState(metaInfo.getName(), type == null, tree, metaInfo);
        byTree.put(treeName, state);
        whenOpened.accept(tree);
        return state;
    }

    private static void checkName(String name) {
        long byteCount = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            byteCount += c >= 1 && c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
        }
        if (byteCount > MAX_NAME_BYTES) {
            throw new IllegalArgumentException(
                    "["
                            + Unicode.escape(name.substring(0, SHOWN_NAME_LENGTH))
                            + "…] the state's name is too long for Flink's checkpoints: bytes="
                            + byteCount
                            + ", limit="
                            + MAX_NAME_BYTES
                            + "; give the state a shorter name.");
        }
    }

    public @Nullable RegisteredState state(String stateName) {
        return byTree.get(TreeNames.ofState(stateName));
    }

    public @Nullable RegisteredState queue(String queueName) {
        return byTree.get(TreeNames.ofQueue(queueName));
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
            // A queue of timers: its key groups are maps, whose entries are in order.
            return new TreeOptions(MemtableKind.MAPS, null, filter);
        }
        return switch (type) {
            case MAP -> new TreeOptions(MemtableKind.MAPS, null, filter);
            case LIST ->
                    new TreeOptions(
                            MemtableKind.ENTRIES,
                            new AppendOperator(EntryFormat.LIST_DELIMITER),
                            filter);
            default -> new TreeOptions(MemtableKind.ENTRIES, null, filter);
        };
    }
}
