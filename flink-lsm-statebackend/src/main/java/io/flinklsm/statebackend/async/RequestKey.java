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
package io.flinklsm.statebackend.async;

import io.flinklsm.statebackend.key.TaskKeyContext;
import org.apache.flink.runtime.asyncprocessing.RecordContext;
import org.jspecify.annotations.Nullable;

/**
 * The key of the request that is being executed: that of its record, whatever key the task is at.
 * Requests of one record share its serialised form. Task thread.
 */
final class RequestKey<K> {

    private final TaskKeyContext<K> context;
    private @Nullable RecordContext<K> record;

    RequestKey(TaskKeyContext<K> context) {
        this.context = context;
    }

    // Two records may be equal, and their keys not: equality asks the record first.
    @SuppressWarnings("ReferenceEquality")
    void select(RecordContext<K> newRecord) {
        if (newRecord != record) {
            context.setCurrentKey(newRecord.getKey());
            context.setCurrentKeyGroupIndex(newRecord.getKeyGroup());
            record = newRecord;
        }
    }
}
