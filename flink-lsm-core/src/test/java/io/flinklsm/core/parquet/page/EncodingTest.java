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
package io.flinklsm.core.parquet.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.ByteSource;
import io.flinklsm.core.parquet.encoding.DeltaBinaryPacked;
import io.flinklsm.core.parquet.encoding.Levels;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.testing.InMemoryStorage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesReader;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForInteger;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.Util;
import org.junit.jupiter.api.Test;

/** The encodings, against Apache Parquet's own and against damage. */
final class EncodingTest {

    @Test
    void deltaIntegersComeBackAndParquetJavaReadsThem() throws Exception {
        for (long seed = 1; seed <= 300; seed++) {
            int[] values = values(new Random(seed));

            ByteSink sink = new ByteSink(16);
            DeltaBinaryPacked.encode(values, values.length, sink);

            assertThat(decode(sink.toBytes(), values.length)).as("seed %d", seed).isEqualTo(values);
            DeltaBinaryPackingValuesReader reader = new DeltaBinaryPackingValuesReader();
            reader.initFromPage(
                    values.length, ByteBufferInputStream.wrap(ByteBuffer.wrap(sink.toBytes())));
            for (int value : values) {
                assertThat(reader.readInteger()).as("seed %d", seed).isEqualTo(value);
            }
        }
    }

    @Test
    void deltaIntegersOfParquetJavaAreRead() throws Exception {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            int[] values = values(random);
            DeltaBinaryPackingValuesWriterForInteger writer =
                    new DeltaBinaryPackingValuesWriterForInteger(
                            random.nextBoolean() ? 128 : 256,
                            random.nextBoolean() ? 4 : 1,
                            100,
                            100_000,
                            HeapByteBufferAllocator.getInstance());
            for (int value : values) {
                writer.writeInteger(value);
            }

            byte[] bytes = writer.getBytes().toInputStream().readAllBytes();

            assertThat(decode(bytes, values.length)).as("seed %d", seed).isEqualTo(values);
        }
    }

    @Test
    void numbersComeBackAsLittleEndianBytesAndParquetJavaReadsThem() throws Exception {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            int[] ints = values(random);
            long[] longs = new long[ints.length];
            int bits = random.nextInt(65);
            for (int i = 0; i < longs.length; i++) {
                longs[i] = bits == 0 ? ints[i] : random.nextLong() >> (64 - bits);
            }
            ByteSink intSink = new ByteSink(16);
            DeltaBinaryPacked.encode(ints, ints.length, intSink);
            ByteSink longSink = new ByteSink(16);
            DeltaBinaryPacked.encode(longs, longs.length, longSink);

            ByteBuffer unpackedInts = numbers(intSink.toBytes(), Integer.BYTES, ints.length);
            ByteBuffer unpackedLongs = numbers(longSink.toBytes(), Long.BYTES, longs.length);
            DeltaBinaryPackingValuesReader reader = new DeltaBinaryPackingValuesReader();
            reader.initFromPage(
                    longs.length, ByteBufferInputStream.wrap(ByteBuffer.wrap(longSink.toBytes())));
            for (int i = 0; i < longs.length; i++) {
                assertThat(unpackedInts.getInt()).as("seed %d", seed).isEqualTo(ints[i]);
                assertThat(unpackedLongs.getLong()).as("seed %d", seed).isEqualTo(longs[i]);
                assertThat(reader.readLong()).as("seed %d", seed).isEqualTo(longs[i]);
            }
        }
    }

    @Test
    void damagedNumbersNeverDoMoreThanFail() {
        for (long seed = 1; seed <= 20_000; seed++) {
            Random random = new Random(seed);
            int[] values = values(random);
            int byteWidth = random.nextBoolean() ? Integer.BYTES : Long.BYTES;
            ByteSink sink = new ByteSink(16);
            DeltaBinaryPacked.encode(values, values.length, sink);
            byte[] bytes = sink.toBytes();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            try {
                numbers(cut, byteWidth, values.length);
            } catch (MalformedPageException e) {
                assertThat(e).as("seed %d", seed).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void damagedDeltaIntegersNeverDoMoreThanFail() {
        for (long seed = 1; seed <= 20_000; seed++) {
            Random random = new Random(seed);
            int[] values = values(random);
            ByteSink sink = new ByteSink(16);
            DeltaBinaryPacked.encode(values, values.length, sink);
            byte[] bytes = sink.toBytes();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            try {
                decode(cut, values.length);
            } catch (MalformedPageException e) {
                assertThat(e).as("seed %d", seed).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void pageHeaderComesBackAndThriftReadsIt() throws Exception {
        Random random = new Random(9);
        for (int i = 0; i < 1000; i++) {
            PageHeader header = new PageHeader();
            header.uncompressedBytes = random.nextInt() >>> random.nextInt(31);
            header.storedBytes = random.nextInt(1 << 20);
            header.checksum = random.nextInt();
            header.rowCount = random.nextInt(70_000);
            header.nullCount = random.nextInt(200);
            header.encoding = 5 + random.nextInt(3);
            header.valueCount = header.rowCount + random.nextInt(200);
            header.definitionBytes = random.nextInt(100);
            header.repetitionBytes = random.nextInt(100);
            header.isCompressed = random.nextBoolean();
            ByteSink sink = new ByteSink(4);
            header.write(sink);
            byte[] bytes = sink.toBytes();

            PageHeader read = new PageHeader();
            read.read(new ByteSource().set(bytes, 0, bytes.length));
            var thrift = Util.readPageHeader(new ByteArrayInputStream(bytes));

            assertThat(bytes.length).isLessThanOrEqualTo(PageHeader.MAX_BYTES);
            assertThat(read).usingRecursiveComparison().isEqualTo(header);
            assertThat(thrift.getUncompressed_page_size()).isEqualTo(header.uncompressedBytes);
            assertThat(thrift.getCompressed_page_size()).isEqualTo(header.storedBytes);
            assertThat(thrift.getCrc()).isEqualTo(header.checksum);
            assertThat(thrift.getData_page_header_v2().getNum_rows()).isEqualTo(header.rowCount);
            assertThat(thrift.getData_page_header_v2().getNum_values())
                    .isEqualTo(header.valueCount);
            assertThat(thrift.getData_page_header_v2().getRepetition_levels_byte_length())
                    .isEqualTo(header.repetitionBytes);
            assertThat(thrift.getData_page_header_v2().getNum_nulls()).isEqualTo(header.nullCount);
            assertThat(thrift.getData_page_header_v2().isIs_compressed())
                    .isEqualTo(header.isCompressed);
        }
    }

    @Test
    void levelsComeBackAndAWrongCountIsSeen() throws Exception {
        long seed = 7;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            int max = 1 + random.nextInt(9);
            int count = 1 + random.nextInt(300);
            int percent = random.nextInt(4) * 33;
            byte[] levels = new byte[count];
            int atMax = 0;
            for (int i = 0; i < count; i++) {
                levels[i] = (byte) (random.nextInt(100) < percent ? random.nextInt(max + 1) : max);
                atMax += levels[i] == max ? 1 : 0;
            }
            ByteSink sink = new ByteSink(4);
            Levels.encode(levels, count, max, sink);

            byte[] decoded = new byte[count];
            ByteSource in = new ByteSource().set(sink.array(), 0, sink.length());
            assertThat(Levels.decode(in, max, decoded, count)).as("seed %d", seed).isEqualTo(atMax);
            assertThat(decoded).as("seed %d", seed).isEqualTo(levels);
            ByteSource more = new ByteSource().set(sink.array(), 0, sink.length());
            assertThatThrownBy(() -> Levels.decode(more, max, new byte[count + 8], count + 8))
                    .isInstanceOf(MalformedPageException.class);
        }
    }

    @Test
    void integersOfAnyLengthComeBack() throws Exception {
        ByteSink sink = new ByteSink(1);
        long[] longs = {0, 1, -1, 127, 128, -64, -65, Long.MAX_VALUE, Long.MIN_VALUE};
        int[] ints = {0, 1, -1, 63, 64, Integer.MAX_VALUE, Integer.MIN_VALUE};
        for (long value : longs) {
            sink.putVarint(value).putZigZag(value);
        }
        for (int value : ints) {
            sink.putZigZag(value);
        }

        ByteSource source = new ByteSource().set(sink.array(), 0, sink.length());
        for (long value : longs) {
            assertThat(source.getVarint()).isEqualTo(value);
            assertThat(source.getZigZagLong()).isEqualTo(value);
        }
        for (int value : ints) {
            assertThat(source.getZigZagInt()).isEqualTo(value);
        }
        assertThat(source.remaining()).isZero();
    }

    /** A few bytes must not make a reader take memory by the gigabyte. */
    @Test
    void aPageThatDeclaresMoreThanItsBytesCanBecomeIsRefused() throws Exception {
        PageHeader plain = header();
        plain.uncompressedBytes = Integer.MAX_VALUE;
        PageHeader levels = header();
        levels.repetitionBytes = 3;
        levels.valueCount = Integer.MAX_VALUE;
        PageHeader negative = header();
        negative.definitionBytes = Integer.MAX_VALUE;
        negative.repetitionBytes = Integer.MAX_VALUE;

        for (PageCompression compression : List.of(PageCompression.LZ4, PageCompression.ZSTD)) {
            for (PageHeader bomb : List.of(levels, negative)) {
                assertThatThrownBy(() -> read(bomb, compression))
                        .isInstanceOf(MalformedPageException.class)
                        .hasMessageContaining("page header is malformed");
            }
            assertThatThrownBy(() -> read(plain, compression))
                    .isInstanceOf(MalformedPageException.class)
                    .hasMessageContaining("compressed bytes ");
            assertThatThrownBy(() -> read(header(), compression))
                    .as("the page itself is read, and only its content is none of the codec")
                    .isInstanceOf(MalformedPageException.class)
                    .hasMessageContaining("compressed bytes ");
        }
        assertThatThrownBy(() -> read(header(), PageCompression.NONE))
                .as("the footer says that no page is compressed")
                .isInstanceOf(MalformedPageException.class)
                .hasMessageContaining("compression=NONE");
    }

    /** Of a page of 100 bytes with 10 rows. */
    private static PageHeader header() {
        CRC32 crc = new CRC32();
        crc.update(new byte[100]);
        PageHeader header = new PageHeader();
        header.storedBytes = 100;
        header.uncompressedBytes = 200;
        header.checksum = (int) crc.getValue();
        header.rowCount = 10;
        header.valueCount = 10;
        header.encoding = Encoding.PLAIN.getValue();
        header.isCompressed = true;
        return header;
    }

    private static void read(PageHeader header, PageCompression compression) throws IOException {
        ByteSink sink = new ByteSink(200);
        header.write(sink);
        sink.put(new byte[100], 0, 100);
        InMemoryStorage storage = new InMemoryStorage();
        storage.put("page", sink.toBytes());
        PageReader reader = new PageReader(new PageCodec(compression));
        reader.begin(0);
        try (StorageInput input = storage.open("page")) {
            reader.read(input, 0, sink.length(), sink.length(), 10, Encoding.PLAIN.getValue());
        }
    }

    private static ByteBuffer numbers(byte[] bytes, int byteWidth, int count)
            throws MalformedPageException {
        byte[] padded = Arrays.copyOf(bytes, bytes.length + DeltaBinaryPacked.SLACK_BYTES);
        byte[] numbers = new byte[count * byteWidth];
        ByteSource source = new ByteSource().set(padded, 0, bytes.length);
        DeltaBinaryPacked.decode(source, padded, numbers, byteWidth, count);
        if (source.remaining() != 0) {
            throw new MalformedPageException("bytes left");
        }
        return ByteBuffer.wrap(numbers).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int[] decode(byte[] bytes, int count) throws MalformedPageException {
        byte[] padded = Arrays.copyOf(bytes, bytes.length + DeltaBinaryPacked.SLACK_BYTES);
        int[] values = new int[count];
        ByteSource source = new ByteSource().set(padded, 0, bytes.length);
        DeltaBinaryPacked.decode(source, padded, values, count);
        if (source.remaining() != 0) {
            throw new MalformedPageException("bytes left");
        }
        return values;
    }

    private static int[] values(Random random) {
        int[] values = new int[random.nextInt(3) == 0 ? random.nextInt(4) : random.nextInt(700)];
        int bits = random.nextInt(33);
        for (int i = 0; i < values.length; i++) {
            values[i] = bits == 0 ? 42 : random.nextInt() >>> (32 - bits);
            if (random.nextInt(200) == 0) {
                values[i] = random.nextBoolean() ? Integer.MAX_VALUE : Integer.MIN_VALUE;
            }
        }
        return values;
    }
}
