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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Opens the jar that a user drops into Flink's {@code lib/}, and runs code from it alone. */
final class RuntimeJarIT {
    private static final long SIZE_LIMIT_BYTES = 8L << 20;
    private static final String SHADED = "io.flinklsm.shaded.";

    private static Path jar;
    private static List<String> names;

    @BeforeAll
    static void listTheJar() throws IOException {
        jar = Path.of(System.getProperty("flinklsm.runtimeJar"));
        try (JarFile file = new JarFile(jar.toFile())) {
            names = file.stream().filter(e -> !e.isDirectory()).map(JarEntry::getName).toList();
        }
    }

    @Test
    void noNativeLibraryIsInside() {
        assertThat(names).noneMatch(name -> name.matches(".*\\.(so|dll|dylib|jnilib|so\\..*)"));
    }

    @Test
    void everyClassIsOursOrRelocated() {
        assertThat(names)
                .filteredOn(name -> !name.startsWith("META-INF/"))
                .allMatch(name -> name.startsWith("io/flinklsm/"));
        assertThat(names).noneMatch(name -> name.contains("org/apache/flink"));
        assertThat(names).noneMatch(name -> name.contains("org/apache/hadoop"));
        assertThat(names).noneMatch(name -> name.contains("META-INF/versions"));
        assertThat(names).noneMatch(name -> name.startsWith("io/flinklsm/core/testing"));
    }

    @Test
    void engineBackendAndTheirLibrariesAreInside() {
        assertThat(names)
                .contains(
                        "io/flinklsm/core/LsmStore.class",
                        "io/flinklsm/shaded/org/apache/parquet/format/FileMetaData.class",
                        "io/flinklsm/shaded/org/apache/thrift/TBase.class",
                        "io/flinklsm/shaded/org/apache/arrow/memory/RootAllocator.class",
                        "io/flinklsm/shaded/io/airlift/compress/lz4/Lz4Decompressor.class",
                        "io/flinklsm/shaded/net/openhft/hashing/LongHashFunction.class",
                        "META-INF/LICENSE",
                        "META-INF/NOTICE");
    }

    @Test
    void namesAreUnique() {
        assertThat(names).doesNotHaveDuplicates();
    }

    @Test
    void noticeNamesEveryBundledLibrary() throws IOException {
        String notice;
        try (JarFile file = new JarFile(jar.toFile())) {
            var in = file.getInputStream(file.getEntry("META-INF/NOTICE"));
            notice = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }

        assertThat(notice)
                .contains("Parquet", "Thrift", "Arrow", "aircompressor", "Zero-allocation");
    }

    @Test
    void jarIsSmall() throws IOException {
        assertThat(Files.size(jar)).isLessThan(SIZE_LIMIT_BYTES);
    }

    @Test
    void everyClassLinksBesideFlinkAlone() throws Exception {
        var broken = new ArrayList<String>();
        try (var loader = new FlinkLibLoader(jar)) {
            for (String name : names) {
                if (name.endsWith(".class")) {
                    String type = name.substring(0, name.length() - 6).replace('/', '.');
                    try {
                        Class<?> loaded = Class.forName(type, false, loader);
                        loaded.getDeclaredMethods();
                        loaded.getDeclaredConstructors();
                        loaded.getDeclaredFields();
                    } catch (LinkageError e) {
                        broken.add(type + ": " + e);
                    }
                }
            }
        }

        assertThat(broken).isEmpty();
    }

    /** {@code bin/compat} runs the jar beside older Flinks; this is what it found first. */
    @Test
    void columnsAreFoundWithoutTheClassesThatAreNewInFlink23() throws Exception {
        Set<String> newInFlink23 =
                Set.of("org.apache.flink.api.common.typeutils.base.BitmapSerializer");
        try (var loader = new FlinkLibLoader(jar, newInFlink23)) {
            Class<?> types = loader.loadClass("io.flinklsm.statebackend.columns.SerializerTypes");
            Object type =
                    types.getMethod("of", TypeSerializer.class)
                            .invoke(null, IntSerializer.INSTANCE);

            assertThat(type).hasToString("int32");
        }
    }

    @Test
    void arrowFindsItsAllocatorAfterTheMove() throws Exception {
        try (var loader = new FlinkLibLoader(jar)) {
            Class<?> factory =
                    loader.loadClass(
                            SHADED + "org.apache.arrow.memory.unsafe.UnsafeAllocationManager");
            Class<?> type = loader.loadClass(SHADED + "org.apache.arrow.memory.RootAllocator");
            Object allocator = type.getConstructor(long.class).newInstance(1L << 16);
            Object buffer = type.getMethod("buffer", long.class).invoke(allocator, 4096L);

            buffer.getClass().getMethod("setLong", long.class, long.class).invoke(buffer, 8L, 42L);

            assertThat(factory.getField("FACTORY").get(null)).isNotNull();
            assertThat(buffer.getClass().getMethod("getLong", long.class).invoke(buffer, 8L))
                    .isEqualTo(42L);
            buffer.getClass().getMethod("close").invoke(buffer);
            assertThat(type.getMethod("getAllocatedMemory").invoke(allocator)).isEqualTo(0L);
            type.getMethod("close").invoke(allocator);
        }
    }

    @Test
    void codecsAndHashWorkAfterTheMove() throws Exception {
        byte[] plain = "state ".repeat(500).getBytes(StandardCharsets.UTF_8);
        try (var loader = new FlinkLibLoader(jar)) {
            for (String codec : List.of("lz4.Lz4", "zstd.Zstd")) {
                byte[] packed = new byte[plain.length + 100];
                Class<?> packer =
                        loader.loadClass(SHADED + "io.airlift.compress." + codec + "Compressor");
                Class<?> unpacker =
                        loader.loadClass(SHADED + "io.airlift.compress." + codec + "Decompressor");
                int size =
                        (int) call(packer, "compress", plain, plain.length, packed, packed.length);
                byte[] back = new byte[plain.length];
                int restored = (int) call(unpacker, "decompress", packed, size, back, back.length);

                assertThat(size).isLessThan(plain.length / 10);
                assertThat(restored).isEqualTo(plain.length);
                assertThat(back).isEqualTo(plain);
            }

            Class<?> hashing = loader.loadClass(SHADED + "net.openhft.hashing.LongHashFunction");
            Object xx = hashing.getMethod("xx").invoke(null);
            assertThat(
                            hashing.getMethod("hashBytes", byte[].class)
                                    .invoke(xx, "abc".getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(0x44BC2CF5AD770999L);
        }
    }

    private static Object call(
            Class<?> codec, String name, byte[] from, int fromSize, byte[] to, int toSize)
            throws ReflectiveOperationException {
        return codec.getMethod(
                        name,
                        byte[].class,
                        int.class,
                        int.class,
                        byte[].class,
                        int.class,
                        int.class)
                .invoke(codec.getConstructor().newInstance(), from, 0, fromSize, to, 0, toSize);
    }
}
