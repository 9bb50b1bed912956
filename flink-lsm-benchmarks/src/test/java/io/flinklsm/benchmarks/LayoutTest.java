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

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.flinklsm.core.testing.SizeRules;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How the packages of the benchmarks stand to one another, as in the core. */
final class LayoutTest {

    private static final String BENCHMARKS = "io.flinklsm.benchmarks";

    /** Their components are what stands in files of results. */
    private static final Set<String> RECORDS_OF_RESULTS = Set.of("Sample", "RunConditions");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages(BENCHMARKS);

    @Test
    void packagesAreSmallEnoughToBeOverlooked() {
        SizeRules.checkPackages(
                CLASSES, 8, type -> !type.getPackageName().endsWith(".jmh_generated"));
    }

    @Test
    void recordsHaveFewComponents() {
        SizeRules.checkRecords(
                CLASSES, 20, type -> !RECORDS_OF_RESULTS.contains(type.getSimpleName()));
    }

    @Test
    void packagesHaveNoCycle() {
        slices().matching(BENCHMARKS + ".(*)..")
                .should()
                .beFreeOfCycles()
                .as("R5 no package cycles: cases → backend, measure → workload → results, run")
                .check(CLASSES);
    }
}
