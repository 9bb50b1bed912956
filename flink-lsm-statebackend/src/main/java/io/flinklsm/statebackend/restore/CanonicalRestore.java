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
package io.flinklsm.statebackend.restore;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.LsmTree;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.snapshot.UploadedSstables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.util.StateMigrationException;

/**
 * Restores canonical savepoints, of whichever backend, by writing their rows into a new store: the
 * trees have keys and values in the savepoint's own format.
 */
final class CanonicalRestore<K> {

    private final RestoreContext context;
    private final KeySerializerCheck<K> keySerializerCheck;

    CanonicalRestore(RestoreContext context, KeySerializerCheck<K> keySerializerCheck) {
        this.context = context;
        this.keySerializerCheck = keySerializerCheck;
    }

    RestoredBackend restore(List<KeyGroupsStateHandle> handles)
            throws IOException, StateMigrationException {
        LsmStore store =
                LsmStore.create(
                        context.files().storage(),
                        context.storeOptions(),
                        context.storeResources());
        try {
            StateRegistry registry = new StateRegistry(store);
            for (KeyGroupsStateHandle handle : handles) {
                restore(handle, registry);
            }
            for (RegisteredState state : registry.all()) {
                state.tree().configure(optionsOf(state));
            }
            return new RestoredBackend(store, registry, UUID.randomUUID(), UploadedSstables.none());
        } catch (Throwable failure) {
            Cleanup.undo(failure, store);
            throw failure;
        }
    }

    private void restore(KeyGroupsStateHandle handle, StateRegistry registry)
            throws IOException, StateMigrationException {
        try (SavepointReader<K> reader =
                new SavepointReader<>(
                        handle,
                        context.keys().groupBytes(),
                        context.userClassLoader(),
                        context.transfers().cancelRegistry())) {
            keySerializerCheck.check(reader.meta().getKeySerializerSnapshot());
            // State ids are positions in this handle's list; another handle may order them anew.
            List<LsmTree> trees = new ArrayList<>();
            for (StateMetaInfoSnapshot state : reader.meta().getStateMetaInfoSnapshots()) {
                trees.add(treeForRows(registry.restore(state)));
            }
            KeyBuffer buffer = new KeyBuffer();
            reader.readRows(
                    context.keys().groups(),
                    (stateId, key, value) ->
                            trees.get(stateId)
                                    .put(buffer.set(key, 0, key.length), value, 0, value.length));
        }
    }

    /**
     * The prefix that groups the keys of a map state cannot be told from a row's bytes, so while
     * rows come in, the tree takes whole keys.
     */
    private static LsmTree treeForRows(RegisteredState state) throws IOException {
        TreeOptions options = optionsOf(state);
        state.tree()
                .configure(
                        new TreeOptions(
                                MemtableKind.ENTRIES, options.operator(), options.filter()));
        return state.tree();
    }

    private static TreeOptions optionsOf(RegisteredState state) {
        return StateRegistry.treeOptions(state.type().orElse(null), null);
    }
}
