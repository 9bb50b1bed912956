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

import io.flinklsm.core.LsmTree;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.internal.InternalValueState;
import org.jspecify.annotations.Nullable;

/** A value for each key and namespace. */
final class LsmValueState<K, N, V> extends AbstractLsmState<K, N, V>
        implements InternalValueState<K, N, V> {

    private @Nullable V defaultValue;

    LsmValueState(
            StateContext<K> context,
            LsmTree tree,
            TypeSerializer<N> namespaceSerializer,
            TypeSerializer<V> valueSerializer,
            @Nullable V defaultValue) {
        super(context, tree, namespaceSerializer, valueSerializer);
        this.defaultValue = defaultValue;
    }

    void setDefaultValue(@Nullable V newDefault) {
        defaultValue = newDefault;
    }

    @Override
    public @Nullable V value() throws IOException {
        V stored = read(key.row());
        if (stored == null && defaultValue != null) {
            return getValueSerializer().copy(defaultValue);
        }
        return stored;
    }

    @Override
    public void update(@Nullable V newValue) throws IOException {
        if (newValue == null) {
            clear();
        } else {
            write(key.row(), newValue);
        }
    }
}
