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
package io.flinklsm.core;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.STATIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.testing.SizeRules;
import io.flinklsm.core.tree.StoreLock;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules R1 to R9 of the storeys: front door → paths → state → things → ground. A rule's message
 * is its sentence in the style guide.
 */
final class LayoutTest {
    private static final String CORE = "io.flinklsm.core";
    private static final Set<String> PATHS =
            Set.of("write", "read", "flush", "compaction", "checkpoint", "restore");

    /** What the paths change together, and so may not be in any of them. */
    private static final Set<String> STATE = Set.of("tree");

    private static final Set<String> THINGS =
            Set.of(
                    "entry",
                    "columns",
                    "memtable",
                    "memory",
                    "cache",
                    "merge",
                    "parquet",
                    "sketch",
                    "sstable",
                    "version",
                    "manifest",
                    "view",
                    "slot",
                    "events");

    private static final int TYPES_IN_ROOT = 10;
    private static final int LINES_IN_ROOT = 1500;

    private static final Set<String> GROUND = Set.of("bytes", "check", "storage", "errors");

    private static final List<Class<?>> MUTABLE =
            List.of(
                    AbstractCollection.class,
                    AbstractMap.class,
                    ThreadLocal.class,
                    StringBuilder.class,
                    Random.class,
                    ByteBuffer.class,
                    LongAdder.class);

    private static final Map<Class<?>, Set<String>> NOT_REPLAYABLE =
            Map.of(
                    Thread.class, Set.of("<init>", "sleep"),
                    Executors.class, Set.of("*"),
                    ForkJoinPool.class, Set.of("<init>", "commonPool"),
                    ThreadFactory.class, Set.of("newThread"),
                    System.class, Set.of("currentTimeMillis"),
                    Random.class, Set.of("<init>"),
                    SplittableRandom.class, Set.of("<init>"),
                    ThreadLocalRandom.class, Set.of("current"),
                    Math.class, Set.of("random"));

    private static final JavaClasses ENGINE =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages(CORE);

    @Test
    void coreKnowsNeitherFlinkNorHadoop() {
        check(
                noClasses().should().dependOnClassesThat().resideInAPackage("org.apache.flink.."),
                "R1 core imports no org.apache.flink..");
        check(
                noClasses()
                        .that(
                                not(
                                        named(CORE + ".storage.HadoopStorage")
                                                .or(named(CORE + ".storage.HadoopInput"))
                                                .or(named(CORE + ".storage.HadoopOutput"))))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("org.apache.hadoop.."),
                "R1 core imports org.apache.hadoop.. only in storage.HadoopStorage and its files"
                        + " (optional dependency)");
    }

    @Test
    void onlyStorageOpensFiles() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage(CORE + ".storage..")
                        .should()
                        .dependOnClassesThat(
                                belongToAnyOf(
                                        Files.class,
                                        FileChannel.class,
                                        AsynchronousFileChannel.class,
                                        RandomAccessFile.class,
                                        FileInputStream.class,
                                        FileOutputStream.class)),
                "R2 only core.storage opens files (java.nio.file.Files, channels)");
    }

    @Test
    void nativeMemoryIsHeldByTheMemoryPackageAlone() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackages(CORE + ".memory..", CORE + ".bytes..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("org.apache.arrow..", "sun.misc..", "jdk.internal.."),
                "R2 only core.memory imports org.apache.arrow.., and only core.bytes"
                        + " sun.misc.Unsafe");
    }

    @Test
    void nothingImportsUpwards() {
        check(
                noClasses()
                        .that(not(resideInAPackage(CORE)))
                        .should()
                        .dependOnClassesThat(resideInAPackage(CORE)),
                "R3 layers: nothing inside core imports the front door");
        check(
                noClasses()
                        .that(inPackages(STATE).or(inPackages(THINGS)).or(inPackages(GROUND)))
                        .should()
                        .dependOnClassesThat(inPackages(PATHS)),
                "R3 layers: front door → paths → state → things → ground; nothing imports upwards");
        check(
                noClasses()
                        .that(inPackages(THINGS).or(inPackages(GROUND)))
                        .should()
                        .dependOnClassesThat(inPackages(STATE)),
                "R3 layers: front door → paths → state → things → ground; nothing imports upwards");
        check(
                noClasses()
                        .that(inPackages(GROUND))
                        .should()
                        .dependOnClassesThat(inPackages(THINGS)),
                "R3 layers: front door → paths → state → things → ground; nothing imports upwards");
    }

    @Test
    void everyPackageHasItsStorey() {
        var unknown = new TreeSet<String>();
        for (JavaClass engineClass : ENGINE) {
            String name = engineClass.getPackageName();
            if (!name.equals(CORE)) {
                String storey = name.substring(CORE.length() + 1).split("\\.")[0];
                if (!PATHS.contains(storey)
                        && !STATE.contains(storey)
                        && !THINGS.contains(storey)
                        && !GROUND.contains(storey)) {
                    unknown.add(name);
                }
            }
        }

        assertThat(unknown)
                .as(
                        "packages that are neither path, nor state, nor thing, nor ground: add them"
                                + " to LayoutTest")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "read", "flush", "compaction", "checkpoint", "restore"})
    void pathsDoNotImportOneAnother(String path) {
        var others = new TreeSet<>(PATHS);
        others.remove(path);

        check(
                noClasses()
                        .that(inPackages(Set.of(path)))
                        .should()
                        .dependOnClassesThat(inPackages(others)),
                "R4 a path imports no other path; what two paths share is a thing");
    }

    @Test
    void packagesHaveNoCycle() {
        check(
                slices().matching(CORE + ".(*)..").should().beFreeOfCycles(),
                "R5 no package cycles: version → sstable → cache, merge → entry");
    }

    @Test
    void rootIsADoor() throws IOException {
        Path root = Path.of("src/main/java", CORE.replace('.', '/'));
        List<Path> files;
        try (Stream<Path> all = Files.list(root)) {
            files = all.filter(LayoutTest::isClass).toList();
        }
        int lines = 0;
        for (Path file : files) {
            lines += Files.readAllLines(file).size();
        }

        assertThat(files).as("classes of the root").hasSizeBetween(1, TYPES_IN_ROOT);
        assertThat(lines).as("lines of the root").isLessThanOrEqualTo(LINES_IN_ROOT);
    }

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        List<Path> pages;
        try (Stream<Path> all = Files.walk(Path.of("src/main/java", CORE.replace('.', '/')))) {
            pages = all.filter(file -> file.endsWith("package-info.java")).toList();
        }
        var silent = new TreeSet<String>();
        for (Path page : pages) {
            String text = Files.readString(page);
            if (!text.contains("nvariant")
                    || !text.matches("(?s).*\\b(come|comes|In:).*")
                    || !text.matches("(?s).*\\b(Read|Start with)\\b.*")) {
                silent.add(page.toString());
            }
        }

        assertThat(pages).hasSizeGreaterThan(20);
        assertThat(silent)
                .as(
                        "packages that do not say what comes in, their invariant, or what to read"
                                + " first")
                .isEmpty();
    }

    private static boolean isClass(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".java") && !name.equals("package-info.java");
    }

    @Test
    void packagesAreSmallEnoughToBeOverlooked() {
        SizeRules.checkPackages(ENGINE, 15, type -> true);
    }

    @Test
    void recordsHaveFewComponents() {
        SizeRules.checkRecords(ENGINE, 50, type -> true);
    }

    @Test
    void noClassReachesThroughTheFieldsOfAnother() {
        check(
                noClasses()
                        .that(
                                inPackages(PATHS)
                                        .or(inPackages(STATE))
                                        .or(inPackages(Set.of("memtable")))
                                        .or(resideInAPackage(CORE)))
                        .should(accessFieldsOfOthers()),
                "R8 what a class of the paths, of their state, of the memtable or of the front door"
                    + " holds, it changes by itself: no other class reads or writes its fields");
    }

    @Test
    void whatTheLockGuardsIsTouchedUnderItOnly() {
        check(
                classes()
                        .that(
                                DescribedPredicate.describe(
                                        "have something that the lock of the store guards",
                                        type -> !guardedFields(type).isEmpty()))
                        .should(checkThatTheLockIsHeld()),
                "R9 a method that touches what the lock of the store guards calls checkHeld()");
        assertThat(ENGINE.stream().filter(type -> !guardedFields(type).isEmpty()))
                .hasSizeGreaterThan(4);
    }

    @Test
    void columnsStandInThreeStoreysOfTheirOwn() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage(CORE + ".columns.leaf")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(CORE + ".columns", CORE + ".columns.sql"),
                "R5 no package cycles: columns → columns.sql → columns.leaf");
        check(
                noClasses()
                        .that()
                        .resideInAPackage(CORE + ".columns.sql")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(CORE + ".columns"),
                "R5 no package cycles: columns → columns.sql → columns.leaf");
    }

    @Test
    void nothingStaticIsMutable() {
        check(
                fields().that().areStatic().should().beFinal().andShould(holdNothingMutable()),
                "R7 no static mutable state");
    }

    @Test
    void timeThreadsAndChanceAreInjected() {
        check(
                classes()
                        .that(not(named(CORE + ".check.SharedThreads")))
                        .and(not(assignableTo(Clock.class)))
                        .should(callNoneOf(NOT_REPLAYABLE)),
                "R7 no Thread, System.currentTimeMillis or Random outside SharedThreads and the"
                        + " injected Clock: a run must be replayable from a seed");
    }

    private static void check(ArchRule rule, String sentence) {
        rule.as(sentence).allowEmptyShould(true).check(ENGINE);
    }

    private static DescribedPredicate<JavaClass> inPackages(Set<String> names) {
        return resideInAnyPackage(
                names.stream().map(name -> CORE + "." + name + "..").toArray(String[]::new));
    }

    /** The class of that name, and what is nested in it. */
    private static DescribedPredicate<JavaClass> named(String name) {
        return DescribedPredicate.describe(
                name, type -> type.getName().equals(name) || type.getName().startsWith(name + "$"));
    }

    private static ArchCondition<JavaClass> callNoneOf(Map<Class<?>, Set<String>> forbidden) {
        return new ArchCondition<>("call none of " + forbidden) {
            @Override
            public void check(JavaClass caller, ConditionEvents events) {
                caller.getAccessesFromSelf().forEach(access -> check(access, events));
            }

            private void check(JavaAccess<?> access, ConditionEvents events) {
                forbidden.forEach(
                        (type, members) -> {
                            boolean member =
                                    members.contains("*") || members.contains(access.getName());
                            if (member && access.getTargetOwner().isEquivalentTo(type)) {
                                events.add(
                                        SimpleConditionEvent.violated(
                                                access, access.getDescription()));
                            }
                        });
            }
        };
    }

    private static ArchCondition<JavaClass> accessFieldsOfOthers() {
        return new ArchCondition<>("access fields of others") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (JavaFieldAccess access : type.getFieldAccessesFromSelf()) {
                    boolean isConstant =
                            access.getTarget()
                                    .resolveMember()
                                    .map(field -> field.getModifiers().contains(STATIC))
                                    .orElse(false);
                    boolean isOwn =
                            outermost(type.getName())
                                    .equals(outermost(access.getTargetOwner().getName()));
                    if (!isConstant && !isOwn) {
                        events.add(SimpleConditionEvent.satisfied(access, access.getDescription()));
                    }
                }
            }
        };
    }

    private static String outermost(String className) {
        int nested = className.indexOf('$');
        return nested < 0 ? className : className.substring(0, nested);
    }

    /** The fields of the class that say they are guarded by its field {@code lock}, a StoreLock. */
    private static Set<JavaField> guardedFields(JavaClass type) {
        boolean hasLock =
                type.tryGetField("lock")
                        .map(field -> field.getRawType().isEquivalentTo(StoreLock.class))
                        .orElse(false);
        return hasLock
                ? type.getFields().stream()
                        .filter(field -> field.isAnnotatedWith(GuardedBy.class))
                        .collect(toSet())
                : Set.of();
    }

    private static ArchCondition<JavaClass> checkThatTheLockIsHeld() {
        return new ArchCondition<>("check that the lock is held") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                Set<String> guarded =
                        guardedFields(type).stream().map(JavaField::getName).collect(toSet());
                for (JavaMethod method : type.getMethods()) {
                    boolean touches =
                            method.getFieldAccesses().stream()
                                    .anyMatch(access -> guarded.contains(access.getName()));
                    boolean checks =
                            method.getMethodCallsFromSelf().stream()
                                    .anyMatch(call -> call.getName().equals("checkHeld"));
                    if (touches && !checks) {
                        events.add(
                                SimpleConditionEvent.violated(
                                        method, method.getFullName() + " does not check"));
                    }
                }
            }
        };
    }

    private static ArchCondition<JavaField> holdNothingMutable() {
        return new ArchCondition<>("hold nothing mutable") {
            @Override
            public void check(JavaField field, ConditionEvents events) {
                JavaClass type = field.getRawType();
                if (MUTABLE.stream().anyMatch(type::isAssignableTo)
                        || type.getPackageName().equals("java.util.concurrent.atomic")) {
                    events.add(
                            SimpleConditionEvent.violated(
                                    field, field.getDescription() + " is a " + type.getName()));
                }
            }
        };
    }

    @Test
    void parquetStaysInsideTheParquetPackages() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage(CORE + ".parquet..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("org.apache.parquet..", "shaded.parquet.."),
                "R2 only core.parquet imports org.apache.parquet..");
    }

    @Test
    void parquetKnowsBytesAndNoEntries() {
        var known = new TreeSet<>(GROUND);
        known.add("parquet");
        known.add("memory");
        check(
                noClasses()
                        .that(inPackages(Set.of("parquet")))
                        .should()
                        .dependOnClassesThat(
                                resideInAPackage(CORE + "..")
                                        .and(not(inPackages(known)))
                                        .and(not(leavesOfColumns()))),
                "R3 core.parquet knows bytes, memory, files and leaf columns: no entries, no keys,"
                        + " no SSTables");
    }

    @Test
    void packagesOfTheFormatHaveNoCycle() {
        check(
                slices().matching(CORE + ".parquet.(*)..").should().beFreeOfCycles(),
                "R5 no package cycles: parquet.footer → parquet.page → parquet.encoding");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sstable", "parquet.encoding", "parquet.page", "parquet.footer"})
    void packagesOfTheFormatAreSmall(String name) {
        assertThat(ENGINE.stream())
                .filteredOn(type -> type.getPackageName().equals(CORE + "." + name))
                .filteredOn(
                        type ->
                                type.isTopLevelClass()
                                        && !type.getSimpleName().equals("package-info"))
                .as("types of core.%s", name)
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo(25);
    }

    /** What is known of a column without what stands in it. */
    private static DescribedPredicate<JavaClass> leavesOfColumns() {
        Set<String> names =
                Set.of(
                        "Annotation",
                        "ColumnNode",
                        "LeafBuffer",
                        "LeafColumn",
                        "LeafCursor",
                        "Physical");
        return DescribedPredicate.describe(
                "leaf columns",
                type -> {
                    String path = type.getName().substring(type.getPackageName().length() + 1);
                    return resideInAPackage(CORE + ".columns..").test(type)
                            && names.contains(path.split("\\$")[0]);
                });
    }
}
