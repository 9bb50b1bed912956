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
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How the packages of the benchmarks stand to one another, as in the core. */
final class LayoutTest {

    private static final String BENCHMARKS = "io.flinklsm.benchmarks";
    private static final int TYPES_IN_PACKAGE = 25;
    private static final int COMPONENTS_IN_RECORD = 8;

    /** Their components are what stands in files of results. */
    private static final Set<String> RECORDS_OF_RESULTS = Set.of("Sample", "RunConditions");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages(BENCHMARKS);

    @Test
    void packagesAreSmallEnoughToBeOverlooked() {
        Map<String, Long> types =
                CLASSES.stream()
                        .filter(JavaClass::isTopLevelClass)
                        .filter(type -> !type.getSimpleName().equals("package-info"))
                        .filter(type -> !type.getPackageName().endsWith(".jmh_generated"))
                        .collect(groupingBy(JavaClass::getPackageName, TreeMap::new, counting()));

        assertThat(types).hasSizeGreaterThan(8);
        assertThat(types)
                .as("packages and how many types they have; divide those above the limit")
                .allSatisfy(
                        (name, count) ->
                                assertThat(count).as(name).isLessThanOrEqualTo(TYPES_IN_PACKAGE));
    }

    @Test
    void recordsHaveFewComponents() {
        var records = new TreeMap<String, Integer>();
        CLASSES.stream()
                .filter(JavaClass::isRecord)
                .filter(type -> !RECORDS_OF_RESULTS.contains(type.getSimpleName()))
                .forEach(type -> records.put(type.getName(), componentsOf(type)));

        assertThat(records).hasSizeGreaterThan(20);
        assertThat(records)
                .as("records and how many components they have; give those above the limit parts")
                .allSatisfy(
                        (name, count) ->
                                assertThat(count)
                                        .as(name)
                                        .isLessThanOrEqualTo(COMPONENTS_IN_RECORD));
    }

    @Test
    void packagesHaveNoCycle() {
        slices().matching(BENCHMARKS + ".(*)..")
                .should()
                .beFreeOfCycles()
                .as("R5 no package cycles: cases → backend, measure → workload → results, run")
                .check(CLASSES);
    }

    private static int componentsOf(JavaClass type) {
        return (int)
                type.getFields().stream()
                        .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                        .count();
    }
}
