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
package io.flinklsm.statebackend.remote;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.storage.tiered.TieredListener;
import io.flinklsm.core.storage.tiered.TieredStats;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log how a restore ends, and stops the store if a file of it is lost. */
final class FetchLog implements TieredListener {

    private static final Logger LOG = LoggerFactory.getLogger(FetchLog.class);

    private final String operator;
    private final LsmStore store;
    private final long beginNanos;

    FetchLog(String operator, LsmStore store, long beginNanos) {
        this.operator = operator;
        this.store = store;
        this.beginNanos = beginNanos;
    }

    @Override
    public void fetchEnded(TieredStats stats) {
        LOG.info(
                "[{}] the restore has ended: fetchMillis={}, remoteBytes={}, remoteRequests={},"
                        + " retries={}, waitsOfReaders={}, filesLeftRemote={}",
                operator,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos),
                stats.requests().bytes(),
                stats.requests().count(),
                stats.requests().retries(),
                stats.misses(),
                stats.contents().remoteFiles());
    }

    @Override
    public void fileLost(String file, IOException cause) {
        store.fail(cause);
    }

    @Override
    public void fetchDelayed(String file, IOException cause) {
        LOG.warn("[{}] {} is fetched later: {}", operator, file, cause.getMessage());
    }
}
