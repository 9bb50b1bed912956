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
package io.flinklsm.inspect.cli;

import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which states a command is about: the same two options everywhere. Filled by picocli. */
public final class StateOptions {

    @Option(
            names = "--state",
            paramLabel = "NAME",
            description =
                    "Only the state of this name; pq/NAME for timers if a state has their name.")
    @Nullable String state;

    @Option(
            names = "--operator",
            paramLabel = "NAME",
            description = "Only this operator: its name, uid or uid hash.")
    @Nullable String operator;

    /** The state, where a command also takes it without an option. */
    public void state(String name) {
        if (state != null && !state.equals(name)) {
            throw InspectException.usage(
                    "two states are given: --state=" + state + ", STATE=" + name + ".");
        }
        state = name;
    }

    /**
     * All states that both options allow.
     *
     * @throws InspectException if an option is given and nothing fits; names what there is
     */
    public List<StateView> of(Checkpoint checkpoint) {
        return StateSelection.of(checkpoint, operator, state);
    }

    /**
     * The only one.
     *
     * @throws InspectException if there are several, or none
     */
    public StateView one(Checkpoint checkpoint) {
        return StateSelection.one(checkpoint, operator, state);
    }
}
