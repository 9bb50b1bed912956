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
package io.flinklsm.inspect.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.StateObjectCollection;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.InputChannelStateHandle;
import org.apache.flink.runtime.state.InputStateHandle;
import org.apache.flink.runtime.state.KeyGroupsSavepointStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.MergedInputChannelStateHandle;
import org.apache.flink.runtime.state.MergedResultSubpartitionStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.OperatorStreamStateHandle;
import org.apache.flink.runtime.state.OutputStateHandle;
import org.apache.flink.runtime.state.ResultSubpartitionStateHandle;
import org.apache.flink.runtime.state.StateObject;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.changelog.ChangelogStateBackendHandle;
import org.apache.flink.runtime.state.changelog.ChangelogStateBackendHandle.ChangelogStateBackendHandleImpl;
import org.apache.flink.runtime.state.changelog.ChangelogStateHandle;
import org.apache.flink.runtime.state.changelog.ChangelogStateHandleStreamImpl;
import org.apache.flink.runtime.state.changelog.inmemory.InMemoryChangelogStateHandle;
import org.apache.flink.runtime.state.filemerging.EmptyFileMergingOperatorStreamStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * Goes through all files that an operator's state in a checkpoint consists of, and gives a copy of
 * that state that consists of other files. Whatever Flink's metadata can hold is known here; a kind
 * of state that is not is an error and never skipped, since what is skipped would be missing in a
 * copy and would look superfluous on storage. Confined to one thread.
 */
public final class MetadataRewrite {

    /** What stands for what. */
    public interface Mapping {

        /** What stands for a file, for a part of one, or for bytes in the metadata themselves. */
        StreamStateHandle file(StreamStateHandle handle) throws IOException;

        /**
         * What stands for managed keyed state as a whole; null to go through its files.
         *
         * @param operator whose state it is
         */
        default @Nullable KeyedStateHandle keyed(
                OperatorState operator, int subtask, KeyedStateHandle handle) throws IOException {
            return null;
        }
    }

    private final Mapping mapping;

    private MetadataRewrite(Mapping mapping) {
        this.mapping = mapping;
    }

    /**
     * A copy of an operator's state.
     *
     * @throws InspectException if it holds a kind of state that is not known here
     */
    public static OperatorState copy(OperatorState operator, Mapping mapping) throws IOException {
        if (operator.isFullyFinished()) {
            // It has no state, and must not have any.
            return operator;
        }
        var rewrite = new MetadataRewrite(mapping);
        var copy =
                new OperatorState(
                        operator.getOperatorName().orElse(null),
                        operator.getOperatorUid().orElse(null),
                        operator.getOperatorID(),
                        operator.getParallelism(),
                        operator.getMaxParallelism());
        // Its type says that it is in the metadata itself.
        copy.setCoordinatorState(operator.getCoordinatorState());
        List<Integer> subtasks = new ArrayList<>(operator.getSubtaskStates().keySet());
        subtasks.sort(null);
        for (int subtask : subtasks) {
            OperatorSubtaskState state = operator.getState(subtask);
            if (state != null) {
                // That a subtask has finished is said by the kind of its state alone.
                copy.putState(
                        subtask,
                        state.isFinished() ? state : rewrite.subtask(operator, subtask, state));
            }
        }
        return copy;
    }

    private interface Step<T> {
        /** Null if nothing stands for it. */
        @Nullable T apply(T handle) throws IOException;
    }

    private static <T extends StateObject> StateObjectCollection<T> each(
            Collection<T> handles, Step<T> step) throws IOException {
        List<T> copies = new ArrayList<>(handles.size());
        for (T handle : handles) {
            T copy = step.apply(handle);
            if (copy != null) {
                copies.add(copy);
            }
        }
        return new StateObjectCollection<>(copies);
    }

    private OperatorSubtaskState subtask(
            OperatorState operator, int subtask, OperatorSubtaskState state) throws IOException {
        return state.toBuilder()
                .setManagedKeyedState(
                        each(
                                state.getManagedKeyedState(),
                                handle -> {
                                    KeyedStateHandle whole =
                                            mapping.keyed(operator, subtask, handle);
                                    return whole != null ? whole : keyed(handle);
                                }))
                .setRawKeyedState(each(state.getRawKeyedState(), this::keyed))
                .setManagedOperatorState(each(state.getManagedOperatorState(), this::operatorState))
                .setRawOperatorState(each(state.getRawOperatorState(), this::operatorState))
                .setInputChannelState(each(state.getInputChannelState(), this::input))
                .setUpstreamOutputBufferState(
                        each(state.getUpstreamOutputBufferState(), this::inputChannel))
                .setResultSubpartitionState(each(state.getResultSubpartitionState(), this::output))
                .build();
    }

    private StreamStateHandle file(StreamStateHandle handle) throws IOException {
        return handle instanceof KeyGroupsStateHandle wrapper
                ? keyGroups(wrapper)
                : mapping.file(handle);
    }

    private @Nullable OperatorStateHandle operatorState(OperatorStateHandle handle)
            throws IOException {
        if (handle instanceof EmptyFileMergingOperatorStreamStateHandle) {
            // It only keeps directories alive.
            return null;
        }
        StreamStateHandle delegate = handle.getDelegateStateHandle();
        // Directories that files were merged in have no part in the copy: it has files alone.
        return new OperatorStreamStateHandle(
                Map.copyOf(handle.getStateNameToPartitionOffsets()), file(delegate));
    }

    private KeyedStateHandle keyed(KeyedStateHandle handle) throws IOException {
        if (handle instanceof KeyGroupsStateHandle keyGroups) {
            return keyGroups(keyGroups);
        }
        if (handle instanceof IncrementalRemoteKeyedStateHandle incremental) {
            return IncrementalRemoteKeyedStateHandle.restore(
                    incremental.getBackendIdentifier(),
                    incremental.getKeyGroupRange(),
                    incremental.getCheckpointId(),
                    named(incremental.getSharedState()),
                    named(incremental.getPrivateState()),
                    file(incremental.getMetaDataStateHandle()),
                    incremental.getCheckpointedSize(),
                    incremental.getStateHandleId());
        }
        if (handle instanceof ChangelogStateHandleStreamImpl
                || handle instanceof InMemoryChangelogStateHandle) {
            return changes((ChangelogStateHandle) handle);
        }
        if (handle instanceof ChangelogStateBackendHandle changelog) {
            List<KeyedStateHandle> materialized = new ArrayList<>();
            for (KeyedStateHandle base : changelog.getMaterializedStateHandles()) {
                materialized.add(keyed(base));
            }
            List<ChangelogStateHandle> changes = new ArrayList<>();
            for (ChangelogStateHandle change : changelog.getNonMaterializedStateHandles()) {
                changes.add(changes(change));
            }
            return ChangelogStateBackendHandleImpl.restore(
                    materialized,
                    changes,
                    changelog.getKeyGroupRange(),
                    changelog.getCheckpointId(),
                    changelog.getMaterializationID(),
                    changelog.getCheckpointedSize(),
                    changelog.getStateHandleId());
        }
        throw unknown(handle);
    }

    private ChangelogStateHandle changes(ChangelogStateHandle handle) throws IOException {
        if (handle instanceof InMemoryChangelogStateHandle) {
            return handle;
        }
        if (handle instanceof ChangelogStateHandleStreamImpl streams) {
            List<Tuple2<StreamStateHandle, Long>> copies = new ArrayList<>();
            for (Tuple2<StreamStateHandle, Long> part : streams.getHandlesAndOffsets()) {
                copies.add(Tuple2.of(file(part.f0), part.f1));
            }
            return ChangelogStateHandleStreamImpl.restore(
                    copies,
                    streams.getKeyGroupRange(),
                    streams.getStateSize(),
                    streams.getCheckpointedSize(),
                    streams.getStorageIdentifier(),
                    streams.getStateHandleId());
        }
        throw unknown(handle);
    }

    private KeyGroupsStateHandle keyGroups(KeyGroupsStateHandle handle) throws IOException {
        StreamStateHandle delegate = file(handle.getDelegateStateHandle());
        return handle instanceof KeyGroupsSavepointStateHandle
                ? new KeyGroupsSavepointStateHandle(handle.getGroupRangeOffsets(), delegate)
                : KeyGroupsStateHandle.restore(
                        handle.getGroupRangeOffsets(), delegate, handle.getStateHandleId());
    }

    private List<HandleAndLocalPath> named(List<HandleAndLocalPath> files) throws IOException {
        List<HandleAndLocalPath> copies = new ArrayList<>(files.size());
        for (HandleAndLocalPath named : files) {
            copies.add(HandleAndLocalPath.of(file(named.getHandle()), named.getLocalPath()));
        }
        return copies;
    }

    private InputStateHandle input(InputStateHandle handle) throws IOException {
        if (handle instanceof InputChannelStateHandle channel) {
            return inputChannel(channel);
        }
        if (handle instanceof MergedInputChannelStateHandle merged) {
            return new MergedInputChannelStateHandle(
                    merged.getSubtaskIndex(),
                    file(merged.getDelegate()),
                    merged.getStateSize(),
                    merged.getSerializedChannelOffsets());
        }
        throw unknown(handle);
    }

    private InputChannelStateHandle inputChannel(InputChannelStateHandle channel)
            throws IOException {
        return new InputChannelStateHandle(
                channel.getSubtaskIndex(),
                channel.getInfo(),
                file(channel.getDelegate()),
                channel.getOffsets(),
                channel.getStateSize());
    }

    private OutputStateHandle output(OutputStateHandle handle) throws IOException {
        if (handle instanceof ResultSubpartitionStateHandle channel) {
            return new ResultSubpartitionStateHandle(
                    channel.getSubtaskIndex(),
                    channel.getInfo(),
                    file(channel.getDelegate()),
                    channel.getOffsets(),
                    channel.getStateSize());
        }
        if (handle instanceof MergedResultSubpartitionStateHandle merged) {
            return new MergedResultSubpartitionStateHandle(
                    merged.getSubtaskIndex(),
                    file(merged.getDelegate()),
                    merged.getStateSize(),
                    merged.getSerializedChannelOffsets());
        }
        throw unknown(handle);
    }

    private static InspectException unknown(StateObject handle) {
        return InspectException.unreadable(
                "the checkpoint holds a kind of state that this program does not know: handle="
                        + handle.getClass().getSimpleName()
                        + "; use a newer version.");
    }
}
