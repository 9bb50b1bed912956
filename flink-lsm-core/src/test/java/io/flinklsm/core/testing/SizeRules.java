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
package io.flinklsm.core.testing;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What the layout tests of several modules ask of the sizes of things. */
public final class SizeRules {

    private static final long TYPES_IN_PACKAGE = 25;
    private static final long COMPONENTS_IN_RECORD = 8;

    private SizeRules() {}

    /**
     * @param least how many there are at least, so that the rule does not pass over nothing
     * @param counts which types of a package count
     */
    public static void checkPackages(JavaClasses classes, int least, Predicate<JavaClass> counts) {
        check(
                "packages and how many types they have; divide those above the limit",
                classes.stream()
                        .filter(JavaClass::isTopLevelClass)
                        .filter(type -> !type.getSimpleName().equals("package-info"))
                        .filter(counts)
                        .collect(groupingBy(JavaClass::getPackageName, TreeMap::new, counting())),
                least,
                TYPES_IN_PACKAGE);
    }

    /**
     * @param least how many there are at least, so that the rule does not pass over nothing
     * @param counts which records are asked
     */
    public static void checkRecords(JavaClasses classes, int least, Predicate<JavaClass> counts) {
        check(
                "records and how many components they have; give those above the limit parts",
                classes.stream()
                        .filter(JavaClass::isRecord)
                        .filter(counts)
                        .collect(toMap(JavaClass::getName, SizeRules::componentsOf)),
                least,
                COMPONENTS_IN_RECORD);
    }

    private static long componentsOf(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                .count();
    }

    private static void check(String what, Map<String, Long> sizes, int least, long most) {
        assertThat(sizes).hasSizeGreaterThan(least);
        assertThat(sizes)
                .as(what)
                .allSatisfy((name, size) -> assertThat(size).as(name).isLessThanOrEqualTo(most));
    }
}
