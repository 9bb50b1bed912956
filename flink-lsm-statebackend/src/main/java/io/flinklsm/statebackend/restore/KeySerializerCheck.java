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

import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.runtime.state.StateSerializerProvider;
import org.apache.flink.util.StateMigrationException;

/**
 * Holds the job's key serializer against that of the checkpoint, once for all its handles; it may
 * be reconfigured by that.
 */
final class KeySerializerCheck<K> {

    private final StateSerializerProvider<K> provider;
    private boolean done;

    KeySerializerCheck(StateSerializerProvider<K> provider) {
        this.provider = provider;
    }

    /**
     * @throws StateMigrationException if the keys would have to be rewritten, or cannot be read
     */
    void check(TypeSerializerSnapshot<K> restored) throws StateMigrationException {
        if (done) {
            return;
        }
        // Before the check: afterwards an incompatible serializer is not to be had for the message.
        TypeSerializer<K> current = provider.currentSchemaSerializer();
        TypeSerializerSchemaCompatibility<K> compatibility =
                provider.setPreviousSerializerSnapshotForRestoredState(restored);
        if (compatibility.isCompatibleAfterMigration() || compatibility.isIncompatible()) {
            throw new StateMigrationException(
                    "The new key serializer ("
                            + current
                            + ") must be compatible with the previous key serializer ("
                            + provider.previousSchemaSerializer()
                            + "); restore with the former one, or give the operator another uid to"
                            + " begin without state.");
        }
        done = true;
    }
}
