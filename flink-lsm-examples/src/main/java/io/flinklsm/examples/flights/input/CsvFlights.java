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
package io.flinklsm.examples.flights.input;

import io.flinklsm.examples.flights.Flight;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Flights in a CSV file with the header {@value #HEADER}, plain or gzipped, in event-time order. No
 * value of these columns needs quotes, so that a line is split at its commas.
 */
final class CsvFlights implements FlightInput {

    static final String HEADER = "date,delay,distance,origin,destination";

    private static final long serialVersionUID = 1L;
    private static final String EMBEDDED = "flights-2001-01.csv.gz";
    private static final String EMBEDDED_RESOURCE = "/io/flinklsm/examples/flights/" + EMBEDDED;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int GZIP_MAGIC = 0x1f8b;

    private final String name;

    /** Path of the file, or null for the embedded resource. */
    private final @Nullable String path;

    private CsvFlights(String name, @Nullable String path) {
        this.name = name;
        this.path = path;
    }

    static CsvFlights embedded() {
        return new CsvFlights(EMBEDDED, null);
    }

    static CsvFlights file(Path path) {
        return new CsvFlights(path.toString(), path.toString());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LogSummary summarise() throws IOException {
        return LogSummary.read(this);
    }

    @Override
    public FlightCursor open(long firstPosition) throws IOException {
        InputStream bytes = new BufferedInputStream(openBytes(), BUFFER_BYTES);
        try {
            var text = new InputStreamReader(unzipped(bytes), StandardCharsets.UTF_8);
            var cursor = new Cursor(name, new BufferedReader(text, BUFFER_BYTES));
            cursor.readHeader();
            cursor.skipTo(firstPosition);
            return cursor;
        } catch (ZipException | EOFException e) {
            bytes.close();
            throw damaged(name, 0, e);
        } catch (IOException e) {
            bytes.close();
            throw e;
        }
    }

    private InputStream openBytes() throws IOException {
        if (path != null) {
            return Files.newInputStream(Path.of(path));
        }
        InputStream resource = CsvFlights.class.getResourceAsStream(EMBEDDED_RESOURCE);
        if (resource == null) {
            throw new FlightInputException(
                    EMBEDDED,
                    "is not on the class path: resource=" + EMBEDDED_RESOURCE,
                    "build flink-lsm-examples again, or give a file to --input");
        }
        return resource;
    }

    /** Decides by the first two bytes and not by the name: a browser may have unpacked the file. */
    private static InputStream unzipped(InputStream bytes) throws IOException {
        bytes.mark(2);
        int magic = (bytes.read() << 8) | bytes.read();
        bytes.reset();
        return magic == GZIP_MAGIC ? new GZIPInputStream(bytes, BUFFER_BYTES) : bytes;
    }

    private static FlightInputException damaged(String name, long row, IOException cause) {
        return new FlightInputException(
                name,
                "is damaged gzip: rowsRead=" + row + ", cause=" + cause.getMessage(),
                "copy or download the file again",
                cause);
    }

    private static final class Cursor implements FlightCursor {

        private final String name;
        private final BufferedReader lines;
        private final FlightLine line;

        private long position;
        private long lastMillis = Long.MIN_VALUE;

        Cursor(String name, BufferedReader lines) {
            this.name = name;
            this.lines = lines;
            this.line = new FlightLine(name);
        }

        void readHeader() throws IOException {
            String header = lines.readLine();
            if (header == null || !header.strip().equals(HEADER)) {
                throw new FlightInputException(
                        name,
                        "has other columns than flights need: found="
                                + (header == null ? "nothing" : shortened(header))
                                + ", needed="
                                + HEADER,
                        "rename and order the columns so");
            }
        }

        void skipTo(long firstPosition) throws IOException {
            while (position < firstPosition && readLine() != null) {
                position++;
            }
        }

        @Override
        public @Nullable Flight next() throws IOException {
            String text = readLine();
            if (text == null) {
                return null;
            }
            Flight flight = line.parse(text, position);
            if (flight.departureMillis() < lastMillis) {
                throw new FlightInputException(
                        name,
                        "is not in event-time order: row="
                                + (position + 1)
                                + ", line="
                                + shortened(text),
                        "sort the rows by date");
            }
            lastMillis = flight.departureMillis();
            position++;
            return flight;
        }

        private @Nullable String readLine() throws IOException {
            try {
                return lines.readLine();
            } catch (ZipException | EOFException e) {
                throw damaged(name, position, e);
            }
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }

    private static String shortened(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }
}
