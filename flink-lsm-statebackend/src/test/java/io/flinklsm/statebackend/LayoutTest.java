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

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.flinklsm.core.testing.SizeRules;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the backend may know of the engine. A rule's message is its sentence in the style guide. */
final class LayoutTest {
    private static final String CORE = "io.flinklsm.core";
    private static final Set<String> OPEN_PACKAGES =
            Set.of(
                    CORE,
                    CORE + ".entry",
                    CORE + ".bytes",
                    CORE + ".merge",
                    CORE + ".columns",
                    CORE + ".columns.sql",
                    CORE + ".columns.leaf",
                    CORE + ".storage",
                    CORE + ".storage.tiered",
                    CORE + ".manifest",
                    CORE + ".checkpoint",
                    CORE + ".restore",
                    CORE + ".events",
                    CORE + ".errors",
                    CORE + ".check");

    private static final JavaClasses BACKEND =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.flinklsm.statebackend");

    private static final JavaClasses ENGINE =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .withImportOption(location -> !location.contains("-tests.jar"))
                    .importPackages(CORE);

    @Test
    void backendUsesOnlyTheOpenPackagesOfTheEngine() {
        check(
                noClasses().should().dependOnClassesThat(areInsideTheEngine()),
                "R6 other modules may import from core: root, entry, bytes, merge, columns with"
                    + " columns.sql and columns.leaf, storage and storage.tiered, manifest,"
                    + " checkpoint, restore, events, errors, check, and the data that the root's"
                    + " public methods name; everything else is inside");
    }

    @Test
    void backendKnowsTheLibrariesOfTheEngineOnlyThroughIt() {
        check(
                noClasses()
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "org.apache.parquet..",
                                "shaded.parquet..",
                                "org.apache.arrow..",
                                "io.airlift..",
                                "net.openhft..",
                                "sun.misc..",
                                "org.apache.hadoop.."),
                "R2 Parquet, Arrow, the codecs and raw memory stay inside core");
    }

    @Test
    void recordsHaveFewComponents() {
        SizeRules.checkRecords(BACKEND, 20, type -> true);
    }

    private static DescribedPredicate<JavaClass> areInsideTheEngine() {
        Set<String> named = namedByTheFrontDoor();
        return describe(
                "are inside the engine",
                type -> {
                    String name = type.getPackageName();
                    boolean engine = name.equals(CORE) || name.startsWith(CORE + ".");
                    return engine
                            && !OPEN_PACKAGES.contains(name)
                            && !named.contains(type.getName());
                });
    }

    /**
     * Parameters and results of the front door's public methods, and the parts of the records and
     * enums among them (and in the open packages): callers of the front door must name these.
     */
    private static Set<String> namedByTheFrontDoor() {
        var named = new TreeSet<String>();
        ENGINE.stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(
                        type ->
                                type.getPackageName().equals(CORE)
                                        || (isData(type)
                                                && OPEN_PACKAGES.contains(type.getPackageName())))
                .forEach(type -> addSignatures(type, named));
        return named;
    }

    private static void addSignatures(JavaClass type, Set<String> named) {
        for (JavaCodeUnit unit : type.getCodeUnits()) {
            if (unit.getModifiers().contains(JavaModifier.PUBLIC)) {
                addWithParts(unit.getReturnType(), named);
                unit.getParameterTypes().forEach(parameter -> addWithParts(parameter, named));
            }
        }
    }

    private static void addWithParts(JavaType type, Set<String> named) {
        for (JavaClass raw : type.getAllInvolvedRawTypes()) {
            boolean isNew = raw.getPackageName().startsWith(CORE) && named.add(raw.getName());
            if (isNew && isData(raw)) {
                addSignatures(raw, named);
            }
        }
    }

    private static boolean isData(JavaClass type) {
        return type.isRecord() || type.isEnum();
    }

    private static void check(ArchRule rule, String sentence) {
        rule.as(sentence).allowEmptyShould(true).check(BACKEND);
    }
}
