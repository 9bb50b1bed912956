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
package io.flinklsm.examples.flights.source;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** Partition (4 bytes) and position (8 bytes), big endian. */
final class FlightSplitSerializer implements SimpleVersionedSerializer<FlightSplit> {

    private static final int VERSION = 1;
    private static final int SPLIT_BYTES = Integer.BYTES + Long.BYTES;

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(FlightSplit split) {
        return write(List.of(split));
    }

    @Override
    public FlightSplit deserialize(int version, byte[] bytes) throws IOException {
        List<FlightSplit> splits = read(version, bytes);
        if (splits.size() != 1) {
            throw new IOException("[flight split] not one split: bytes=" + bytes.length + ".");
        }
        return splits.get(0);
    }

    private static byte[] write(List<FlightSplit> splits) {
        ByteBuffer bytes = ByteBuffer.allocate(splits.size() * SPLIT_BYTES);
        for (FlightSplit split : splits) {
            bytes.putInt(split.partition()).putLong(split.position());
        }
        return bytes.array();
    }

    private static List<FlightSplit> read(int version, byte[] bytes) throws IOException {
        if (version != VERSION) {
            throw new IOException(
                    "[flight split] of an unknown version: found="
                            + version
                            + ", known="
                            + VERSION
                            + "; restore with the release that wrote it.");
        }
        var splits = new ArrayList<FlightSplit>();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                splits.add(new FlightSplit(buffer.getInt(), buffer.getLong()));
            }
        } catch (BufferUnderflowException e) {
            throw new IOException("[flight split] is cut off: bytes=" + bytes.length + ".", e);
        }
        return splits;
    }

    /** One split after the other: the enumerator's checkpoint. */
    static final class OfList implements SimpleVersionedSerializer<List<FlightSplit>> {

        @Override
        public int getVersion() {
            return VERSION;
        }

        @Override
        public byte[] serialize(List<FlightSplit> splits) {
            return write(splits);
        }

        @Override
        public List<FlightSplit> deserialize(int version, byte[] bytes) throws IOException {
            return read(version, bytes);
        }
    }
}
