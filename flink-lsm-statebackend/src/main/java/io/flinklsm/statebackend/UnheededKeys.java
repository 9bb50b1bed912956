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

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * Finds the keys of a configuration that look as if they set something here, and do not: misspelled
 * ones of this backend, and those of other backends whose state lives on the local disk.
 */
final class UnheededKeys {

    private static final String OURS = "state.backend.lsm.";
    private static final List<String> OTHERS =
            List.of("state.backend.rocksdb.", "state.backend.forst.");

    private UnheededKeys() {}

    /** One line that names each of them with what to use instead; empty if there is none. */
    static Optional<String> warning(Map<String, String> config) {
        List<String> found = new ArrayList<>();
        for (String key : new TreeMap<>(config).keySet()) {
            if (StateOptions.isStateKey(key)) {
                if (!StateOptions.isHeeded(key)) {
                    found.add(
                            key
                                    + " (not an option of one state; those are "
                                    + String.join(", ", StateOptions.suffixes())
                                    + ")");
                }
                continue;
            }
            if (key.startsWith(OURS)) {
                if (LsmBackendOptions.all().stream().noneMatch(ours -> ours.key().equals(key))) {
                    found.add(key + " (no such option; did you mean " + nearest(key) + "?)");
                }
                continue;
            }
            for (String prefix : OTHERS) {
                if (key.startsWith(prefix)) {
                    found.add(
                            key
                                    + RocksDbEquivalents.instead(key.substring(prefix.length()))
                                            .map(instead -> " (here: " + instead + ")")
                                            .orElse(" (of another backend)"));
                }
            }
        }
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "[state backend] options without effect on this backend: "
                                + String.join(", ", found)
                                + "; correct or remove them, docs/configuration.md lists all"
                                + " options.");
    }

    private static String nearest(String key) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        return LsmBackendOptions.all().stream()
                .map(option -> option.key())
                .min(Comparator.comparingInt(ours -> distance.apply(key, ours)))
                .orElseThrow();
    }
}
