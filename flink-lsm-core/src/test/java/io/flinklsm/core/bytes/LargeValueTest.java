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
package io.flinklsm.core.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Values that are read as streams: alone, and joined with a byte between them. */
final class LargeValueTest {

    private int opened;
    private int closed;

    /** A value that counts who opens and closes it, and gives a few bytes at a time. */
    private final class Counted implements LargeValue {

        private final byte[] bytes;
        private final long saidLength;

        Counted(String text) {
            this(text, text.length());
        }

        Counted(String text, long saidLength) {
            this.bytes = bytes(text);
            this.saidLength = saidLength;
        }

        @Override
        public long length() {
            return saidLength;
        }

        @Override
        public InputStream open() {
            opened++;
            return new FilterInputStream(new ByteArrayInputStream(bytes)) {
                @Override
                public int read(byte[] target, int at, int byteCount) throws IOException {
                    return super.read(target, at, Math.min(byteCount, 3));
                }

                @Override
                public void close() {
                    closed++;
                }
            };
        }
    }

    @Test
    void sliceIsAValueAlsoIfTheSliceIsMovedOn() throws Exception {
        Slice slice = new Slice(bytes("value"));
        LargeValue value = LargeValue.of(slice);

        slice.setBytes(bytes("other"), 0, 2);

        assertThat(value.length()).isEqualTo(5);
        assertThat(value.toBytes()).isEqualTo(bytes("value"));
        assertThat(value.toBytes()).as("read twice").isEqualTo(bytes("value"));
    }

    @Test
    void sliceIsReadByteByByteAsWell() throws Exception {
        try (InputStream in = LargeValue.of(new Slice(new byte[] {1, (byte) 0xff})).open()) {
            assertThat(in.available()).isEqualTo(2);
            assertThat(in.read()).isEqualTo(1);
            assertThat(in.read()).isEqualTo(255);
            assertThat(in.read()).isEqualTo(-1);
            assertThat(in.available()).isZero();
            assertThat(in.read(new byte[4], 0, 4)).isEqualTo(-1);
            assertThat(in.read(new byte[4], 4, 0)).isZero();
        }
    }

    @Test
    void joinedValuesHaveOneSeparatorBetweenTwo() throws Exception {
        LargeValue joined =
                LargeValue.joined(
                        List.of(new Counted("one"), new Counted("two"), new Counted("three")),
                        (byte) ',');

        assertThat(joined.length()).isEqualTo(13);
        assertThat(joined.toBytes()).isEqualTo(bytes("one,two,three"));
        assertThat(opened).isEqualTo(3);
        assertThat(closed).isEqualTo(3);
    }

    @Test
    void emptyPartsKeepTheirSeparators() throws Exception {
        LargeValue joined =
                LargeValue.joined(
                        List.of(new Counted(""), new Counted("a"), new Counted("")), (byte) ',');

        assertThat(joined.length()).isEqualTo(3);
        assertThat(joined.toBytes()).isEqualTo(bytes(",a,"));
    }

    @Test
    void onePartAloneHasNoSeparator() throws Exception {
        assertThat(LargeValue.joined(List.of(new Counted("one")), (byte) ',').toBytes())
                .isEqualTo(bytes("one"));
        assertThatThrownBy(() -> LargeValue.joined(List.of(), (byte) ','))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void joinOfJoinsIsReadInAnyPortions() throws Exception {
        Random random = new Random(23);
        List<LargeValue> parts = new ArrayList<>();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            String text = "x".repeat(random.nextInt(20)) + i;
            expected.append(i == 0 ? "" : ";").append(text).append(',').append(i);
            parts.add(
                    LargeValue.joined(
                            List.of(new Counted(text), new Counted(String.valueOf(i))),
                            (byte) ','));
        }
        LargeValue joined = LargeValue.joined(parts, (byte) ';');

        StringBuilder read = new StringBuilder();
        byte[] portion = new byte[64];
        try (InputStream in = joined.open()) {
            while (true) {
                int at = random.nextInt(8);
                int count = in.read(portion, at, 1 + random.nextInt(40));
                if (count < 0) {
                    break;
                }
                assertThat(count).isPositive();
                read.append(new String(portion, at, count, StandardCharsets.US_ASCII));
            }
        }
        assertThat(read).hasToString(expected.toString());
        assertThat(joined.length()).isEqualTo(expected.length());
        assertThat(closed).isEqualTo(opened);
    }

    @Test
    void readOfNothingDoesNotMoveOn() throws Exception {
        try (InputStream in =
                LargeValue.joined(List.of(new Counted("a"), new Counted("b")), (byte) ',').open()) {
            assertThat(in.read(new byte[1], 1, 0)).isZero();
            assertThat(in.read()).isEqualTo('a');
            assertThat(in.read()).isEqualTo(',');
            assertThat(in.read()).isEqualTo('b');
            assertThat(in.read()).isEqualTo(-1);
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void streamThatIsGivenUpHalfWayIsClosed() throws Exception {
        InputStream in =
                LargeValue.joined(List.of(new Counted("a"), new Counted("b")), (byte) ',').open();
        assertThat(in.read()).isEqualTo('a');

        in.close();

        assertThat(closed).isEqualTo(opened);
    }

    @Test
    void appendedValueStandsBehindTheContent() throws Exception {
        ValueBuffer out = new ValueBuffer().append((byte) '>');

        new Counted("value").appendTo(out);

        assertThat(out.toBytes()).isEqualTo(bytes(">value"));
        assertThat(closed).isEqualTo(1);
    }

    @Test
    void valueOfAnotherLengthThanItSaysIsAnErrorAndIsClosed() {
        assertThatThrownBy(() -> new Counted("abc", 4).toBytes()).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> new Counted("abc", 2).toBytes()).isInstanceOf(EOFException.class);
        ValueBuffer out = new ValueBuffer();
        assertThatThrownBy(() -> new Counted("abc", 2).appendTo(out))
                .isInstanceOf(EOFException.class);
        assertThat(out.length()).isZero();
        assertThat(closed).isEqualTo(3);
    }

    @Test
    void valueThatNoArrayCanHoldIsRefusedBeforeAnythingIsRead() {
        LargeValue huge = new Counted("abc", LargeValue.ARRAY_BYTES_MAX + 1L);

        assertThatThrownBy(huge::toBytes)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("maximum=" + LargeValue.ARRAY_BYTES_MAX);
        ValueBuffer out = new ValueBuffer().append((byte) 1);
        assertThatThrownBy(() -> new Counted("abc", LargeValue.ARRAY_BYTES_MAX).appendTo(out))
                .isInstanceOf(IOException.class);
        assertThat(opened).isZero();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
