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
package io.flinklsm.statebackend;

import io.flinklsm.core.CompactionStyle;
import io.flinklsm.core.sstable.SstableOptions.LevelCodecs;
import io.flinklsm.core.sstable.ValueColumns;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;

/**
 * How the files of a state are written and merged. One state may have it otherwise than the others
 * of its backend: {@code state.backend.lsm.state.<name>.<option>}, where the option is what follows
 * {@code state.backend.lsm.} in the key of one of {@link #ALLOWED}. A queue of timers is a state,
 * too.
 */
record StateOptions(
        CompactionStyle compactionStyle,
        int blockBytes,
        double bloomBitsPerKey,
        LevelCodecs codecs,
        ValueColumns valueColumns) {

    private static final String OURS = "state.backend.lsm.";
    private static final String PREFIX = OURS + "state.";

    /** What can be set for one state: how its files are written and merged. */
    static final List<OptionBounds<?>> ALLOWED =
            List.of(
                    OptionBounds.COMPACTION_STYLE,
                    OptionBounds.BLOCK_SIZE,
                    OptionBounds.BLOOM_BITS_PER_KEY,
                    OptionBounds.CODEC,
                    OptionBounds.BOTTOM_CODEC,
                    OptionBounds.VALUE_COLUMNS);

    /**
     * @param state the name, which may have dots in it
     * @param option the key of the option that is set for this state alone
     */
    private record StateKey(String state, String option) {}

    /** Whether the key sets something for one state. */
    static boolean isHeeded(String key) {
        return parse(key).isPresent();
    }

    /** Whether the key is meant to. */
    static boolean isStateKey(String key) {
        return key.startsWith(PREFIX);
    }

    /** The ends of keys that {@link #isHeeded} accepts. */
    static List<String> suffixes() {
        return ALLOWED.stream().map(StateOptions::suffix).toList();
    }

    /**
     * The options of each state that has any of its own.
     *
     * @param config of the backend
     * @throws IllegalConfigurationException names the key, its value and what is allowed
     */
    static Map<String, StateOptions> read(Configuration config) {
        Map<String, Configuration> configs = new HashMap<>();
        Map<String, StateOptions> states = new HashMap<>();
        for (Map.Entry<String, String> entry : new TreeMap<>(config.toMap()).entrySet()) {
            String key = entry.getKey();
            StateKey parsed = parse(key).orElse(null);
            if (parsed != null) {
                Configuration own =
                        configs.computeIfAbsent(parsed.state(), name -> new Configuration(config));
                own.setString(parsed.option(), entry.getValue());
                states.put(parsed.state(), read(key, parsed.option(), own));
            }
        }
        return states;
    }

    private static StateOptions read(String key, String option, Configuration config) {
        try {
            return LsmBackendSettings.of(config, Map.of()).store().everyState();
        } catch (IllegalConfigurationException e) {
            // The same with the whole key: it ends with what to do.
            String message =
                    String.valueOf(e.getMessage()).replace("[" + option + "]", "[" + key + "]");
            throw new IllegalConfigurationException(message, e);
        }
    }

    private static Optional<StateKey> parse(String key) {
        if (!isStateKey(key)) {
            return Optional.empty();
        }
        String rest = key.substring(PREFIX.length());
        for (OptionBounds<?> bounds : ALLOWED) {
            String end = "." + suffix(bounds);
            if (rest.endsWith(end) && rest.length() > end.length()) {
                String state = rest.substring(0, rest.length() - end.length());
                return Optional.of(new StateKey(state, bounds.option().key()));
            }
        }
        return Optional.empty();
    }

    private static String suffix(OptionBounds<?> bounds) {
        return bounds.option().key().substring(OURS.length());
    }
}
