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
package io.flinklsm.inspect.savepoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.SnappyFramedOutputStream;

/** Frames of Snappy give what was written, and take no memory for what they only promise. */
final class FramesTest {

    private static byte[] framed(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var frames = new SnappyFramedOutputStream(out, 64 * 1024, 1.0)) {
            frames.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] read(byte[] framed) throws IOException {
        try (InputStream in = new Frames(new ByteArrayInputStream(framed))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 300_000})
    void whatWasWrittenComesBack(int length) throws IOException {
        byte[] random = new byte[length];
        new Random(length).nextBytes(random);

        assertThat(read(framed(random))).isEqualTo(random);
        assertThat(read(framed(new byte[length]))).isEqualTo(new byte[length]);
    }

    @Test
    void aFrameOfTenBytesThatPromisesTwoGigabytesIsRefused() throws IOException {
        var bomb = new ByteArrayOutputStream();
        bomb.writeBytes(framed(new byte[0]));
        bomb.writeBytes(new byte[] {0, 10, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, 7, 0});

        assertThatThrownBy(() -> read(bomb.toByteArray()))
                .isInstanceOf(SnapshotReader.MalformedException.class)
                .hasMessageContaining("promises more than frames hold");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFrameThatIsLongerThanFramesAreIsRefused(int kind) throws IOException {
        var bomb = new ByteArrayOutputStream();
        bomb.writeBytes(framed(new byte[0]));
        bomb.writeBytes(new byte[] {(byte) kind, -1, -1, 127, 0, 0, 0, 0, 1});

        assertThatThrownBy(() -> read(bomb.toByteArray()))
                .isInstanceOf(SnapshotReader.MalformedException.class);
    }

    @Test
    void whateverIsChangedItIsReadOrRefused() throws IOException {
        Random random = new Random(15);
        byte[] bytes = new byte[100_000];
        random.nextBytes(bytes);
        Arrays.fill(bytes, 0, 60_000, (byte) 7);
        byte[] original = framed(bytes);
        for (int i = 0; i < 300; i++) {
            byte[] changed = original.clone();
            // Half of the changes in the heads of the first frames.
            int bound = i % 2 == 0 ? 32 : changed.length;
            changed[random.nextInt(bound)] = (byte) random.nextInt(256);
            byte[] given = i % 3 == 0 ? Arrays.copyOf(changed, random.nextInt(bound)) : changed;
            try {
                assertThat(read(given).length).isLessThanOrEqualTo(bytes.length);
            } catch (SnapshotReader.MalformedException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void aFileThatCannotBeReadIsNoDamage() {
        InputStream lost =
                new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("the server is gone");
                    }
                };

        assertThatThrownBy(() -> new Frames(lost).read())
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("the server is gone");
    }
}
