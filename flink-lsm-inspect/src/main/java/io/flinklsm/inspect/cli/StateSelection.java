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
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.StateView;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which states the options {@code --operator} and {@code --state} mean. */
public final class StateSelection {

    private StateSelection() {}

    /**
     * All states that both options allow.
     *
     * @throws InspectException if an option is given and nothing fits; names what there is
     */
    public static List<StateView> of(
            Checkpoint checkpoint, @Nullable String operator, @Nullable String state) {
        List<StateView> fitting = fitting(checkpoint.states(), operator, state);
        if (fitting.isEmpty() && (operator != null || state != null)) {
            boolean isOfOperator = !fitting(checkpoint.operatorStates(), operator, state).isEmpty();
            throw InspectException.usage(
                    noneFits(checkpoint, checkpoint.states(), operator, state)
                            + (isOfOperator
                                    ? " That is operator state: scan, get, sql and export read it."
                                    : ""));
        }
        return fitting;
    }

    private static List<StateView> fitting(
            List<StateView> views, @Nullable String operator, @Nullable String state) {
        return views.stream()
                .filter(view -> isOperator(view.operator(), operator))
                .filter(
                        view ->
                                state == null
                                        || state.equals(view.name())
                                        || state.equals(view.treeName()))
                .toList();
    }

    private static String noneFits(
            Checkpoint checkpoint,
            List<StateView> views,
            @Nullable String operator,
            @Nullable String state) {
        return "["
                + checkpoint.location()
                + "] no state fits: operator="
                + (operator == null ? "(any)" : operator)
                + ", state="
                + (state == null ? "(any)" : state)
                + ";"
                + question(views, operator, state)
                + " there are "
                + names(views)
                + ".";
    }

    /**
     * The only one; operator state, too, if no keyed state fits.
     *
     * @throws InspectException if there are several, or none
     */
    public static StateView one(
            Checkpoint checkpoint, @Nullable String operator, @Nullable String state) {
        List<StateView> fitting = fitting(checkpoint.states(), operator, state);
        if (fitting.isEmpty()) {
            fitting = fitting(checkpoint.operatorStates(), operator, state);
        }
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        if (fitting.isEmpty() && (operator != null || state != null)) {
            List<StateView> all = new ArrayList<>(checkpoint.states());
            all.addAll(checkpoint.operatorStates());
            throw InspectException.usage(noneFits(checkpoint, all, operator, state));
        }
        throw InspectException.usage(
                "["
                        + checkpoint.location()
                        + "] "
                        + (fitting.isEmpty() ? "has no state" : "say which state you mean")
                        + (fitting.isEmpty()
                                ? "; nothing can be read."
                                : ": there are "
                                        + names(fitting)
                                        + "; give --state, and --operator if two operators have"
                                        + " it."));
    }

    private static String question(
            List<StateView> views, @Nullable String operator, @Nullable String state) {
        Set<String> operators = new LinkedHashSet<>();
        Set<String> states = new LinkedHashSet<>();
        for (StateView view : views) {
            operators.add(view.operator().label());
            states.add(view.name());
        }
        boolean isOperatorKnown =
                views.stream().anyMatch(view -> isOperator(view.operator(), operator));
        return isOperatorKnown
                ? DidYouMean.question(state, states)
                : DidYouMean.question(operator, operators);
    }

    private static boolean isOperator(Operator operator, @Nullable String wanted) {
        return wanted == null
                || wanted.equals(operator.id().name())
                || wanted.equals(operator.id().uid())
                || wanted.equals(operator.uidHash());
    }

    private static String names(List<StateView> views) {
        List<String> names = new ArrayList<>();
        for (StateView view : views) {
            names.add(view.operator().label() + " / " + view.treeName());
        }
        return String.join(", ", names);
    }
}
