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
package io.flinklsm.inspect.print;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * stdout: UTF-8, whatever the locale says, since JSON and tables are read elsewhere, too. A write
 * that fails ends the command at once, by an {@link OutputLostException}: a {@link PrintStream}
 * alone would go on as if nothing had happened. What comes after the failure is dropped. Confined
 * to one thread, but for {@link #onWrite} and {@link #onNote}.
 */
public final class DataStream extends PrintStream {

    private final Sink sink;
    private volatile Runnable onNote = () -> {};

    private DataStream(Sink sink, int bufferBytes) {
        super(new BufferedOutputStream(sink, bufferBytes), false, StandardCharsets.UTF_8);
        this.sink = sink;
    }

    /**
     * @param to closed by {@link #finish}
     */
    public static DataStream of(OutputStream to, int bufferBytes) {
        return new DataStream(new Sink(to), bufferBytes);
    }

    /** What is done before bytes leave the program, such as taking a progress line away. */
    void onWrite(Runnable action) {
        sink.onWrite = action;
    }

    /** What is done before something else is printed for people beside the data. */
    void onNote(Runnable action) {
        onNote = action;
    }

    /** Writes what is buffered: a person who sees both sees data and note in this order. */
    void flushForNote() {
        flush();
        onNote.run();
    }

    /**
     * Writes what is buffered and closes, after which nothing can fail any more.
     *
     * @throws OutputLostException if anything that was printed may not have arrived
     */
    public void finish() {
        flush();
        sink.finish();
    }

    /** Turns the first failure into an exception that no {@link PrintStream} keeps to itself. */
    private static final class Sink extends OutputStream {
        private final OutputStream to;
        private volatile Runnable onWrite = () -> {};
        private boolean lost;

        Sink(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int at, int byteCount) {
            if (!lost) {
                onWrite.run();
                attempt(() -> to.write(bytes, at, byteCount));
            }
        }

        @Override
        public void flush() {
            if (!lost) {
                attempt(to::flush);
            }
        }

        void finish() {
            if (!lost) {
                attempt(to::close);
            }
        }

        private interface Action {
            void run() throws IOException;
        }

        private void attempt(Action action) {
            try {
                action.run();
            } catch (IOException e) {
                lost = true;
                throw new OutputLostException(e);
            }
        }
    }
}
