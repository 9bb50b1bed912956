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
package io.flinklsm.core.columns;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.CharCodec;
import io.flinklsm.core.columns.leaf.DecimalCodec;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.ScalarCodec;
import io.flinklsm.core.columns.leaf.StringCodec;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;

/** Wire formats of numbers, strings and bytes, as Flink's base serializers write them. */
final class Scalars {

    static final ScalarType BOOLEAN =
            new ScalarType(
                    TypeText.of("boolean"),
                    Physical.BOOLEAN,
                    Annotation.NONE,
                    false,
                    new ScalarCodec() {
                        @Override
                        public boolean shred(WireReader in, LeafBuffer out)
                                throws NotTypedException {
                            out.putBoolean(in.readBoolean());
                            return true;
                        }

                        @Override
                        public void assemble(LeafCursor in, ValueBuffer out) {
                            out.append((byte) (in.booleanValue() ? 1 : 0));
                        }
                    });

    static final ScalarType INT8 =
            new ScalarType(
                    TypeText.of("int8"),
                    Physical.INT32,
                    Annotation.integer(8, true),
                    false,
                    new ScalarCodec() {
                        @Override
                        public boolean shred(WireReader in, LeafBuffer out)
                                throws NotTypedException {
                            out.putInt((byte) in.readByte());
                            return true;
                        }

                        @Override
                        public void assemble(LeafCursor in, ValueBuffer out) {
                            out.append((byte) in.intValue());
                        }
                    });

    static final ScalarType INT16 =
            new ScalarType(
                    TypeText.of("int16"),
                    Physical.INT32,
                    Annotation.integer(16, true),
                    false,
                    new ScalarCodec() {
                        @Override
                        public boolean shred(WireReader in, LeafBuffer out)
                                throws NotTypedException {
                            out.putInt(in.readShort());
                            return true;
                        }

                        @Override
                        public void assemble(LeafCursor in, ValueBuffer out) {
                            out.appendShort(in.intValue());
                        }
                    });

    static final ScalarType INT32 = fourBytes("int32", Physical.INT32);

    /** Raw bits, so that every NaN comes back as it was. */
    static final ScalarType FLOAT = fourBytes("float", Physical.FLOAT);

    static final ScalarType INT64 = eightBytes("int64", Physical.INT64);

    /** Raw bits, so that every NaN comes back as it was. */
    static final ScalarType DOUBLE = eightBytes("double", Physical.DOUBLE);

    /** Length, then that many bytes. */
    static final ScalarType BYTES =
            new ScalarType(
                    TypeText.of("bytes"),
                    Physical.BYTES,
                    Annotation.NONE,
                    false,
                    new ScalarCodec() {
                        @Override
                        public boolean shred(WireReader in, LeafBuffer out)
                                throws NotTypedException {
                            int byteCount = in.readInt();
                            int from = in.skip(byteCount);
                            out.putBytes(in.array(), from, byteCount);
                            return true;
                        }

                        @Override
                        public void assemble(LeafCursor in, ValueBuffer out) {
                            out.appendInt(in.bytesLength());
                            out.append(in.bytes(), in.bytesFrom(), in.bytesLength());
                        }
                    });

    static final ScalarType STRING =
            new ScalarType(
                    TypeText.of("string"),
                    Physical.BYTES,
                    Annotation.STRING,
                    true,
                    new StringCodec(true));

    /** As a StringValue writes it: never null. */
    static final ScalarType STRING_VALUE =
            new ScalarType(
                    TypeText.of("string-value"),
                    Physical.BYTES,
                    Annotation.STRING,
                    false,
                    new StringCodec(false));

    static final ScalarType CHAR =
            new ScalarType(
                    TypeText.of("char"),
                    Physical.BYTES,
                    Annotation.STRING,
                    false,
                    new CharCodec(false));

    /** An array of them, as a string. */
    static final ScalarType CHARS =
            new ScalarType(
                    TypeText.of("chars"),
                    Physical.BYTES,
                    Annotation.STRING,
                    false,
                    new CharCodec(true));

    static final ScalarType BIG_INTEGER =
            new ScalarType(
                    TypeText.of("big-integer"),
                    Physical.BYTES,
                    Annotation.STRING,
                    true,
                    new DecimalCodec(false));

    static final ScalarType BIG_DECIMAL =
            new ScalarType(
                    TypeText.of("big-decimal"),
                    Physical.BYTES,
                    Annotation.STRING,
                    true,
                    new DecimalCodec(true));

    private Scalars() {}

    private static ScalarType fourBytes(String name, Physical physical) {
        return new ScalarType(
                TypeText.of(name),
                physical,
                Annotation.NONE,
                false,
                new ScalarCodec() {
                    @Override
                    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                        out.putInt(in.readInt());
                        return true;
                    }

                    @Override
                    public void assemble(LeafCursor in, ValueBuffer out) {
                        out.appendInt(in.intValue());
                    }
                });
    }

    private static ScalarType eightBytes(String name, Physical physical) {
        return new ScalarType(
                TypeText.of(name),
                physical,
                Annotation.NONE,
                false,
                new ScalarCodec() {
                    @Override
                    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                        out.putLong(in.readLong());
                        return true;
                    }

                    @Override
                    public void assemble(LeafCursor in, ValueBuffer out) {
                        out.appendLong(in.longValue());
                    }
                });
    }
}
