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
package io.flinklsm.inspect.sql;

import io.flinklsm.core.bytes.Unicode;
import io.flinklsm.inspect.source.StateView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The name of each state as a view: the state's own; with its operator in front, and a dot, where
 * two states would have the same; with {@code pq/} where a state and timers would. The engine does
 * not tell upper from lower case, so neither do they here.
 */
public final class ViewNames {

    private static final String RESERVED_PREFIX = "lsm_";

    private ViewNames() {}

    /** In the order of the states. */
    public static Map<String, StateView> of(List<StateView> states) {
        Map<String, Integer> shortNames = new HashMap<>();
        Map<String, Integer> operatorNames = new HashMap<>();
        for (StateView state : states) {
            shortNames.merge(fold(state.name()), 1, Integer::sum);
            operatorNames.merge(fold(qualified(state, state.name())), 1, Integer::sum);
        }
        Map<String, StateView> names = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        for (StateView state : states) {
            String name = clean(state.name());
            if (shortNames.getOrDefault(fold(name), 0) != 1 || isReserved(name)) {
                name = qualified(state, state.name());
                if (operatorNames.getOrDefault(fold(name), 0) != 1) {
                    name = qualified(state, state.treeName());
                }
            }
            String unique = name;
            for (int i = 2; !taken.add(fold(unique)); i++) {
                unique = name + "_" + i;
            }
            names.put(unique, state);
        }
        return names;
    }

    private static boolean isReserved(String name) {
        return name.isEmpty() || fold(name).startsWith(RESERVED_PREFIX);
    }

    private static String qualified(StateView state, String name) {
        return clean(state.operator().label() + "." + name);
    }

    private static String fold(String name) {
        return clean(name).toLowerCase(Locale.ROOT);
    }

    /** Names go through C, and to terminals. */
    private static String clean(String name) {
        String said = Unicode.isWellFormed(name) ? name : Unicode.escape(name);
        StringBuilder clean = new StringBuilder(said.length());
        said.codePoints().forEach(c -> clean.appendCodePoint(Character.isISOControl(c) ? '_' : c));
        return clean.toString();
    }

    /** As an identifier in SQL. */
    public static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
