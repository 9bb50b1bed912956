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
package io.flinklsm.benchmarks;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Cases that share one JVM, and mostly one loaded state.
 *
 * <p>To add a group: write its {@link Cases} (one warm backend is enough) or its {@link Program}
 * (it opens its own backends), give it a line here with its {@link GroupSettings} for each scale,
 * and give its bars to {@code report.Bars}. The program, the report and the test of all groups take
 * it from here.
 */
enum CaseGroup {
    VALUE(new ValueCases()),
    MAP(new MapCases()),
    LIST(new ListCases()),
    REDUCING(new ReducingCases()),
    POJO(new PojoCases()),
    TIMERS(new TimerCases()),
    LARGE(new LargeCases(), LargeCases::settings),
    CHECKPOINT(new CheckpointCases(), CheckpointCases::settings),
    RESTORE(new RestoreCases(), RestoreCases::settings),
    MEMORY(new MemoryCases(), MemoryCases::settings),
    OVERWRITE(new OverwriteCases(), OverwriteCases::settings),
    SCALING(new ScalingCases(), ScalingCases::settings);

    private final Program program;
    private final Function<Scale, GroupSettings> settings;

    CaseGroup(Cases cases) {
        this(cases, GroupSettings::hot);
    }

    CaseGroup(Cases cases, Function<Scale, GroupSettings> settings) {
        this(onOneBackend(cases), settings);
    }

    CaseGroup(Program program, Function<Scale, GroupSettings> settings) {
        this.program = program;
        this.settings = settings;
    }

    /** The cases of a group: they load what they need, then measure. */
    interface Cases {
        /**
         * Runs every case of the group once on an empty backend.
         *
         * @throws IllegalStateException if the backend answers wrongly
         */
        void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception;
    }

    /** The cases of a group that opens backends itself: several, or the same one again. */
    interface Program {
        /**
         * Runs every case of the group once.
         *
         * @throws IllegalStateException if the backend answers wrongly
         */
        void run(Workbench bench, Scale scale, Meter meter) throws Exception;
    }

    Program program() {
        return program;
    }

    /** How the group is measured at a scale. */
    GroupSettings settings(Scale scale) {
        return settings.apply(scale);
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return label();
    }

    /**
     * The group of a label.
     *
     * @throws IllegalArgumentException if there is none
     */
    static CaseGroup ofLabel(String label) {
        for (CaseGroup group : values()) {
            if (group.label().equals(label)) {
                return group;
            }
        }
        throw new IllegalArgumentException(
                "[groups] unknown group of cases: name="
                        + label
                        + "; use "
                        + Arrays.stream(values())
                                .map(CaseGroup::label)
                                .collect(Collectors.joining(", ")));
    }

    private static Program onOneBackend(Cases cases) {
        return (bench, scale, meter) -> {
            try (BenchmarkedBackend backend = bench.open("backend")) {
                cases.run(backend, scale, meter);
            }
        };
    }
}
