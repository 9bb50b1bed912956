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
package io.flinklsm.inspect;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.flinklsm.core.testing.SizeRules;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the inspect tool may know. A rule's message is its sentence in the style guide. */
final class LayoutTest {

    private static final String CORE = "io.flinklsm.core";
    private static final String BACKEND = "io.flinklsm.statebackend";

    /** Memory and cache, because the SSTables of the engine are opened with a budget. */
    private static final Set<String> OPEN_PACKAGES =
            Set.of(
                    CORE,
                    CORE + ".entry",
                    CORE + ".bytes",
                    CORE + ".merge",
                    CORE + ".storage",
                    CORE + ".manifest",
                    CORE + ".checkpoint",
                    CORE + ".restore",
                    CORE + ".events",
                    CORE + ".errors",
                    CORE + ".check",
                    CORE + ".version",
                    CORE + ".sstable",
                    CORE + ".sketch",
                    CORE + ".columns",
                    CORE + ".columns.leaf",
                    CORE + ".columns.sql",
                    CORE + ".memory",
                    CORE + ".cache",
                    BACKEND + ".snapshot");

    private static final JavaClasses TOOL =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.flinklsm.inspect");

    @Test
    void theToolUsesOnlyTheOpenPackagesOfTheEngine() {
        check(
                noClasses()
                        .should()
                        .dependOnClassesThat(
                                DescribedPredicate.describe(
                                        "are inside the engine or the backend",
                                        LayoutTest::isInside)),
                "R6 inspect may import from core: root, entry, bytes, merge, storage, manifest,"
                        + " checkpoint, restore, events, errors, check, version, sstable, sketch,"
                        + " columns, columns.leaf and columns.sql, and the budget and cache that"
                        + " SSTables are opened with; from the backend the names and checksums of a"
                        + " checkpoint's files, and the columns of a schema of Avro; everything"
                        + " else is inside");
    }

    @Test
    void nothingHereReadsSerializersOrObjectsOutOfFiles() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.flinklsm.inspect.fit.child")
                        .and()
                        .haveNameNotMatching(".*\\.savepoint\\.JavaObjects(\\$.*)?")
                        .should()
                        .dependOnClassesThat()
                        .haveFullyQualifiedName("java.io.ObjectInputStream")
                        .orShould()
                        .dependOnClassesThat()
                        .haveSimpleNameStartingWith("TypeSerializer")
                        .orShould()
                        .dependOnClassesThat()
                        .haveSimpleNameContaining("SerializationProxy"),
                "the inspector decodes by the schema in the footer; it never loads a class that a"
                        + " file names; JavaObjects goes over objects without making them");
    }

    @Test
    void codeOfTheUserRunsInAProcessOfItsOwn() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.flinklsm.inspect.fit.child")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.flinklsm.inspect.fit.child"),
                "what loads classes of a user's jar is only ever started as another process");
    }

    @Test
    void flinkIsKnownOnlyWhereSourcesAreOpened() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(
                                "io.flinklsm.inspect.source..",
                                "io.flinklsm.inspect.gc..",
                                "io.flinklsm.inspect.compact..",
                                "io.flinklsm.inspect.fit.child")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("org.apache.flink.."),
                "only inspect.source, and gc and compact, which write and delete what it reads,"
                        + " know Flink: metadata, handles and file systems; and the process that"
                        + " loads a user's classes");
    }

    @Test
    void recordsHaveFewComponents() {
        SizeRules.checkRecords(TOOL, 20, type -> true);
    }

    private static boolean isInside(JavaClass type) {
        String name = type.getPackageName();
        boolean ours = isBelow(name, CORE) || isBelow(name, BACKEND);
        return ours
                && !OPEN_PACKAGES.contains(name)
                && !type.getName().equals(BACKEND + ".columns.AvroTypes");
    }

    private static boolean isBelow(String name, String parent) {
        return name.equals(parent) || name.startsWith(parent + ".");
    }

    private static void check(ArchRule rule, String sentence) {
        rule.as(sentence).allowEmptyShould(true).check(TOOL);
    }
}
