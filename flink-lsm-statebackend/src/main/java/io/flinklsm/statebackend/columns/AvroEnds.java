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
package io.flinklsm.statebackend.columns;

import io.flinklsm.core.columns.leaf.EndFinder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Finds the end of what Avro wrote by its schema alone, without a class of the job: of a part that
 * has no columns, such as one that contains itself. Stateless: safe for any thread.
 */
final class AvroEnds implements EndFinder {

    private final AvroSchema schema;

    AvroEnds(AvroSchema schema) {
        this.schema = schema;
    }

    @Override
    public int length(byte[] bytes, int from, int to) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes, from, to - from);
        skip(schema, in);
        return in.position() - from;
    }

    private static void skip(AvroSchema schema, ByteBuffer in) throws IOException {
        switch (schema.kind()) {
            case NULL -> {}
            case BOOLEAN -> skip(1, in);
            case INT, FLOAT, ENUM -> skip(Integer.BYTES, in);
            case LONG, DOUBLE -> skip(Long.BYTES, in);
            case BYTES, STRING -> skipSized(in);
            case FIXED -> skip(schema.size(), in);
            case RECORD -> {
                for (AvroSchema field : schema.parts()) {
                    skip(field, in);
                }
            }
            case UNION -> skip(schema.parts().get(in.getInt()), in);
            case ARRAY, MAP -> skipBlocks(schema, in);
        }
    }

    private static void skip(int byteCount, ByteBuffer in) throws IOException {
        if (byteCount < 0 || byteCount > in.remaining()) {
            throw new EOFException(
                    "a value of Avro has another end than its schema says: wantedBytes="
                            + byteCount
                            + ", present="
                            + in.remaining()
                            + "; it is kept as the bytes that it has.");
        }
        in.position(in.position() + byteCount);
    }

    private static void skipSized(ByteBuffer in) throws IOException {
        skip(in.getInt(), in);
    }

    private static void skipBlocks(AvroSchema schema, ByteBuffer in) throws IOException {
        for (long count = readCount(in); count != 0; count = readCount(in)) {
            int before = in.position();
            for (long i = 0; i < count; i++) {
                if (schema.kind() == AvroSchema.Kind.MAP) {
                    skipSized(in);
                }
                skip(schema.parts().get(0), in);
                if (in.position() == before) {
                    // An element without bytes: so are all of them, however many they say to be.
                    break;
                }
            }
        }
    }

    /** Seven bits a byte, the lowest first. */
    private static long readCount(ByteBuffer in) {
        long count = 0;
        int shift = 0;
        int b;
        do {
            b = in.get();
            count |= (long) (b & 0x7F) << shift;
            shift += 7;
        } while (b < 0);
        return count;
    }
}
