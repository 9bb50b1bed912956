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

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamException;
import java.io.UTFDataFormatException;

/**
 * Finds the end of a Java object in a stream without making it: serializers of Flink SQL write the
 * types of their fields in this form. Every class is said to be missing, so that the JDK's reader
 * goes over the object, instantiates nothing and runs no code of it.
 */
final class JavaObjects {

    private static final int MAX_DEPTH = 64;
    private static final int MAX_REFERENCES = 1 << 16;
    private static final int MAX_ARRAY = 1 << 16;

    private JavaObjects() {}

    /**
     * Reads over one object.
     *
     * @return the name of its class; empty if it is none
     * @throws SnapshotReader.MalformedException if there is no object, or one beyond all measure
     */
    static String skip(InputStream in) throws IOException {
        try {
            return new Skipping(in).skip();
        } catch (EOFException e) {
            throw e;
        } catch (ObjectStreamException | UTFDataFormatException | RuntimeException e) {
            throw new SnapshotReader.MalformedException("no Java object: " + e.getMessage());
        }
    }

    private static final class Skipping extends ObjectInputStream {
        private String first = "";

        Skipping(InputStream in) throws IOException {
            super(in);
            setObjectInputFilter(
                    info ->
                            info.depth() > MAX_DEPTH
                                            || info.references() > MAX_REFERENCES
                                            || info.arrayLength() > MAX_ARRAY
                                    ? ObjectInputFilter.Status.REJECTED
                                    : ObjectInputFilter.Status.UNDECIDED);
        }

        String skip() throws IOException {
            try {
                readObject();
                return "";
            } catch (ClassNotFoundException e) {
                // Only after all of it was read.
                return first;
            }
        }

        /** Arrays of primitives have no other length than that of their class. */
        @Override
        protected Class<?> resolveClass(ObjectStreamClass described) throws ClassNotFoundException {
            String name = described.getName();
            if (first.isEmpty()) {
                first = name;
            }
            return switch (name) {
                case "[Z" -> boolean[].class;
                case "[B" -> byte[].class;
                case "[C" -> char[].class;
                case "[S" -> short[].class;
                case "[I" -> int[].class;
                case "[J" -> long[].class;
                case "[F" -> float[].class;
                case "[D" -> double[].class;
                default -> throw new ClassNotFoundException(name);
            };
        }

        @Override
        protected Class<?> resolveProxyClass(String[] interfaces) throws ClassNotFoundException {
            throw new ClassNotFoundException("a proxy");
        }
    }
}
