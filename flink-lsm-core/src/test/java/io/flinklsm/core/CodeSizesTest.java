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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * HotSpot copies the code of a method into its callers unless that is longer than {@code
 * FreqInlineSize}, 325 bytes. A chain of short methods around much code is compiled with all of it
 * once for each of them. The methods here stand between a chain and the code behind it.
 */
final class CodeSizesTest {

    private static final int FREQ_INLINE_SIZE = 325;

    @ParameterizedTest
    @CsvSource({
        "memtable/MapTier, write",
        "memtable/EntryTier, write",
        "memtable/EntryTier, merge",
        "memtable/BlockEditor, change",
        "sstable/SstableWriter, endEntry",
    })
    void whatManyCallIsNotCopiedIntoThem(String className, String methodName) throws IOException {
        List<Integer> sizes = new ArrayList<>();
        try (InputStream bytes = getClass().getResourceAsStream(className + ".class")) {
            assertThat(bytes).as(className).isNotNull();
            addSizes(new DataInputStream(bytes), methodName, sizes);
        }

        assertThat(sizes).isNotEmpty().anyMatch(size -> size > FREQ_INLINE_SIZE);
    }

    /** Adds the code lengths of all methods with the name; chapter 4 of the JVM specification. */
    private static void addSizes(DataInputStream in, String methodName, List<Integer> sizes)
            throws IOException {
        in.skipNBytes(8);
        String[] texts = readTexts(in);
        // Access, this class, super class.
        in.skipNBytes(6);
        in.skipNBytes(2L * in.readUnsignedShort());
        for (int fields = in.readUnsignedShort(); fields > 0; fields--) {
            in.skipNBytes(6);
            skipAttributes(in);
        }
        for (int methods = in.readUnsignedShort(); methods > 0; methods--) {
            in.skipNBytes(2);
            boolean isWanted = methodName.equals(texts[in.readUnsignedShort()]);
            in.skipNBytes(2);
            for (int attributes = in.readUnsignedShort(); attributes > 0; attributes--) {
                String attribute = texts[in.readUnsignedShort()];
                byte[] content = in.readNBytes(in.readInt());
                if (isWanted && "Code".equals(attribute)) {
                    // Behind the largest stack and the number of local variables.
                    sizes.add(ByteBuffer.wrap(content).getInt(4));
                }
            }
        }
    }

    private static void skipAttributes(DataInputStream in) throws IOException {
        for (int attributes = in.readUnsignedShort(); attributes > 0; attributes--) {
            in.skipNBytes(2);
            in.skipNBytes(in.readInt());
        }
    }

    /** The constants that are texts, by their index; null for others. */
    private static String[] readTexts(DataInputStream in) throws IOException {
        String[] texts = new String[in.readUnsignedShort()];
        for (int i = 1; i < texts.length; i++) {
            int tag = in.readUnsignedByte();
            switch (tag) {
                case 1 -> texts[i] = in.readUTF();
                case 7, 8, 16, 19, 20 -> in.skipNBytes(2);
                case 15 -> in.skipNBytes(3);
                case 5, 6 -> {
                    // Takes two places.
                    in.skipNBytes(8);
                    i++;
                }
                default -> in.skipNBytes(4);
            }
        }
        return texts;
    }
}
