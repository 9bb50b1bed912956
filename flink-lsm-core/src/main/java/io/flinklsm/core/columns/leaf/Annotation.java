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
package io.flinklsm.core.columns.leaf;

/**
 * What a column means beyond its physical type: a subset of Parquet's logical types.
 *
 * @param first bits of an integer; precision of a decimal; 1 for a time or timestamp in UTC
 * @param second 1 for a signed integer; scale of a decimal
 */
public record Annotation(Kind kind, int first, int second) {
    public Annotation {
        boolean isFit =
                switch (kind) {
                    case INTEGER ->
                            (first == 8 || first == 16 || first == 32 || first == 64)
                                    && (second == 0 || second == 1);
                    case DECIMAL ->
                            first >= 1
                                    && first <= DecimalRange.MAX_PRECISION
                                    && second >= 0
                                    && second <= first;
                    case TIMESTAMP_MILLIS, TIMESTAMP_MICROS, TIMESTAMP_NANOS ->
                            (first == 0 || first == 1) && second == 0;
                    default -> first == 0 && second == 0;
                };
        if (!isFit) {
            throw new IllegalArgumentException(
                    "an annotation does not fit its kind: kind="
                            + kind
                            + ", first="
                            + first
                            + ", second="
                            + second);
        }
    }

    /** The logical type. */
    public enum Kind {
        NONE,
        STRING,
        ENUM,
        INTEGER,
        DECIMAL,
        DATE,
        TIME_MILLIS,
        TIME_NANOS,
        TIMESTAMP_MILLIS,
        TIMESTAMP_MICROS,
        TIMESTAMP_NANOS,
        LIST,
        MAP
    }

    public static final Annotation NONE = new Annotation(Kind.NONE, 0, 0);
    public static final Annotation STRING = new Annotation(Kind.STRING, 0, 0);
    public static final Annotation ENUM = new Annotation(Kind.ENUM, 0, 0);
    public static final Annotation DATE = new Annotation(Kind.DATE, 0, 0);
    public static final Annotation TIME_MILLIS = new Annotation(Kind.TIME_MILLIS, 0, 0);
    public static final Annotation TIME_NANOS = new Annotation(Kind.TIME_NANOS, 0, 0);
    public static final Annotation LIST = new Annotation(Kind.LIST, 0, 0);
    public static final Annotation MAP = new Annotation(Kind.MAP, 0, 0);

    public static Annotation integer(int bits, boolean signed) {
        return new Annotation(Kind.INTEGER, bits, signed ? 1 : 0);
    }

    public static Annotation decimal(int precision, int scale) {
        return new Annotation(Kind.DECIMAL, precision, scale);
    }

    /**
     * @param kind one of the timestamps
     * @param isUtc whether it is an instant; else it is local time
     */
    public static Annotation timestamp(Kind kind, boolean isUtc) {
        return new Annotation(kind, isUtc ? 1 : 0, 0);
    }
}
