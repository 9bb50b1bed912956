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
package io.flinklsm.statebackend.metrics;

import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEventListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what of a store's events an operator should look at. Safe for any thread. */
public final class EventLog implements LsmEventListener {

    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

    private final String operatorName;

    public EventLog(String operatorName) {
        this.operatorName = operatorName;
    }

    @Override
    public void onEvent(LsmEvent event) {
        if (event instanceof LsmEvent.FilterFailed failed) {
            LOG.warn(
                    "[{} / tree {}] an entry could not be checked for its time to live, and stays"
                        + " as it is: keyBytes={}; it stays until a later compaction can read it."
                        + " Look at the state's serializer. This is logged once for each state, the"
                        + " metric filterFailures counts.",
                    operatorName,
                    failed.treeName(),
                    failed.keyBytes(),
                    failed.cause());
        }
    }
}
