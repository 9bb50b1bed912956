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

import io.flinklsm.core.LsmTree;
import java.util.Optional;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.runtime.state.RegisteredStateMetaInfoBase;
import org.apache.flink.runtime.state.StateSnapshotTransformer.StateSnapshotTransformFactory;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.BackendStateType;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonOptionsKeys;
import org.jspecify.annotations.Nullable;

/**
 * One state of a backend, or one queue. Restored and not registered yet: only the meta info
 * snapshot is there, and no serializer was made of it. Confined to the task thread.
 */
public final class RegisteredState {

    // Immutable.
    private final String name;
    private final boolean queue;
    private final LsmTree tree;
    private final boolean restored;

    // Set by registration; one of the two is there.
    private @Nullable StateMetaInfoSnapshot carried;
    private @Nullable RegisteredStateMetaInfoBase metaInfo;

    // Set by registration.
    private StateSnapshotTransformFactory<?> transformFactory =
            StateSnapshotTransformFactory.noTransform();
    private @Nullable Object stateObject;

    RegisteredState(StateMetaInfoSnapshot carried, LsmTree tree) {
        this.name = carried.getName();
        this.queue = carried.getBackendStateType() == BackendStateType.PRIORITY_QUEUE;
        this.tree = tree;
        this.restored = true;
        this.carried = carried;
    }

    RegisteredState(
            String name, boolean queue, LsmTree tree, RegisteredStateMetaInfoBase metaInfo) {
        this.name = name;
        this.queue = queue;
        this.tree = tree;
        this.restored = false;
        this.metaInfo = metaInfo;
    }

    public String name() {
        return name;
    }

    public boolean isQueue() {
        return queue;
    }

    public LsmTree tree() {
        return tree;
    }

    /** Whether the state came from a checkpoint: then the tree may hold entries already. */
    public boolean isRestored() {
        return restored;
    }

    /** Whether the job has registered the state in this run. */
    public boolean isRegistered() {
        return metaInfo != null;
    }

    /** Null until the state is registered. */
    public @Nullable RegisteredStateMetaInfoBase metaInfo() {
        return metaInfo;
    }

    /** The meta info as of now, with serializers duplicated where there are any. */
    public StateMetaInfoSnapshot snapshotMetaInfo() {
        if (metaInfo != null) {
            return metaInfo.snapshot();
        }
        if (carried == null) {
            throw new IllegalStateException("[" + name + "] the state has no meta info");
        }
        return carried;
    }

    /** The kind of state; empty for a queue. */
    public Optional<StateDescriptor.Type> type() {
        return typeOf(snapshotMetaInfo());
    }

    static Optional<StateDescriptor.Type> typeOf(StateMetaInfoSnapshot snapshot) {
        if (snapshot.getBackendStateType() == BackendStateType.PRIORITY_QUEUE) {
            return Optional.empty();
        }
        return Optional.ofNullable(snapshot.getOption(CommonOptionsKeys.KEYED_STATE_TYPE))
                .map(StateDescriptor.Type::valueOf);
    }

    /** Registers the state, or replaces its meta info. */
    public void register(
            RegisteredStateMetaInfoBase newMetaInfo, StateSnapshotTransformFactory<?> transforms) {
        metaInfo = newMetaInfo;
        carried = null;
        transformFactory = transforms;
    }

    /** What the state's snapshot transformers (TTL) are made by; one for each full snapshot. */
    public StateSnapshotTransformFactory<?> transformFactory() {
        return transformFactory;
    }

    /** What users work with: a state or a queue; null until it is created. */
    public @Nullable Object stateObject() {
        return stateObject;
    }

    public void setStateObject(Object object) {
        stateObject = object;
    }
}
