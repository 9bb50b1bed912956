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
package io.flinklsm.statebackend.snapshot;

import io.flinklsm.core.StoreView;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.statebackend.life.BackendLife;
import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.FullSnapshotResources;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyValueStateIterator;
import org.apache.flink.runtime.state.StreamCompressionDecorator;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;

/**
 * A store as of one moment, for Flink's writer of canonical savepoints, which any backend reads.
 * The trees already hold keys and values in the savepoint's format, so they are copied, not
 * converted.
 */
final class CanonicalSavepoint<K> implements FullSnapshotResources<K> {

    private final SnapshotContext<K> context;
    private final TypeSerializer<K> keySerializer;
    private final List<StateMetaInfoSnapshot> metaInfos;
    private final List<CanonicalIterator.Source> sources;
    private final StoreView view;
    private final BackendLife.Lease lease;

    /**
     * @param sources a tree for each state id, in the order of the meta infos
     * @param view closed on release
     * @param lease returned on release
     */
    CanonicalSavepoint(
            SnapshotContext<K> context,
            TypeSerializer<K> keySerializer,
            List<StateMetaInfoSnapshot> metaInfos,
            List<CanonicalIterator.Source> sources,
            StoreView view,
            BackendLife.Lease lease) {
        this.context = context;
        this.keySerializer = keySerializer;
        this.metaInfos = List.copyOf(metaInfos);
        this.sources = List.copyOf(sources);
        this.view = view;
        this.lease = lease;
    }

    @Override
    public List<StateMetaInfoSnapshot> getMetaInfoSnapshots() {
        return metaInfos;
    }

    @Override
    public KeyValueStateIterator createKVStateIterator() throws IOException {
        return new CanonicalIterator(
                view, sources, context.keys().groups(), context.keys().groupBytes());
    }

    @Override
    public KeyGroupRange getKeyGroupRange() {
        return context.keys().groups();
    }

    @Override
    public TypeSerializer<K> getKeySerializer() {
        return keySerializer;
    }

    @Override
    public StreamCompressionDecorator getStreamCompressionDecorator() {
        return context.compression();
    }

    @Override
    public void release() {
        Cleanup.runAll(view::close, lease::close);
    }
}
