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
package io.flinklsm.statebackend.suites;

import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.ttl.StateBackendTestContext;
import org.apache.flink.runtime.state.ttl.TtlStateTestBase;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;

/** Flink's suite for state TTL, in one variant of the backend. */
abstract class AbstractTtlSuite extends TtlStateTestBase {

    private final Variant variant;

    AbstractTtlSuite(Variant variant) {
        this.variant = variant;
    }

    @Override
    protected StateBackendTestContext createStateBackendTestContext(TtlTimeProvider timeProvider) {
        return new StateBackendTestContext(timeProvider) {
            @Override
            protected StateBackend createStateBackend() {
                return variant.newBackend();
            }
        };
    }

    /** Compaction cleans up here. */
    @Override
    protected boolean incrementalCleanupSupported() {
        return false;
    }

    /** A native snapshot takes the files as they are, and expired entries with them. */
    @Override
    public boolean isSavepoint() {
        return false;
    }
}
