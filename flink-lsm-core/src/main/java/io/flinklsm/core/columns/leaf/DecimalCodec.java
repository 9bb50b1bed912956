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

import io.flinklsm.core.bytes.ValueBuffer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * BigInteger and BigDecimal: a length and the two's complement bytes, where a length of 0 is null
 * and 1 to 3 stand for the numbers 0, 1 and 10 without bytes; a decimal's scale follows.
 *
 * <p>The column is decimal text, exact for any size and scale. Flink writes 0, 1 and 10 in either
 * form, as the object was made; a plus sign before them says that they had bytes.
 */
public final class DecimalCodec implements ScalarCodec {

    /** Larger numbers stay bytes: making text of them takes time that grows with the square. */
    private static final int MAX_BYTES = 1024;

    /** What the largest number takes, with sign, point and exponent. */
    private static final int MAX_TEXT = 3 * MAX_BYTES;

    private static final int MAX_SCALE = 1_000_000;

    /**
     * Numbers without bytes have a length of their index plus one, others their bytes plus this.
     */
    private static final int LENGTH_OFFSET = 4;

    private static final BigInteger[] SHORT = {BigInteger.ZERO, BigInteger.ONE, BigInteger.TEN};

    private static final String LONG_FORM = "+";

    private final boolean hasScale;

    public DecimalCodec(boolean hasScale) {
        this.hasScale = hasScale;
    }

    @Override
    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
        int length = in.readInt();
        if (length == 0) {
            return false;
        }
        BigInteger unscaled;
        boolean isLongForm = false;
        if (length > 0 && length < LENGTH_OFFSET) {
            unscaled = SHORT[length - 1];
        } else {
            unscaled = readBytes(in, length - LENGTH_OFFSET);
            isLongForm = shortForm(unscaled) > 0;
        }
        String text;
        if (hasScale) {
            int scale = in.readInt();
            in.check(scale >= -MAX_SCALE && scale <= MAX_SCALE);
            text = new BigDecimal(unscaled, scale).toString();
        } else {
            text = unscaled.toString();
        }
        byte[] ascii = (isLongForm ? LONG_FORM + text : text).getBytes(StandardCharsets.ISO_8859_1);
        out.putBytes(ascii, 0, ascii.length);
        return true;
    }

    private static BigInteger readBytes(WireReader in, int byteCount) throws NotTypedException {
        in.check(byteCount > 0 && byteCount <= MAX_BYTES);
        int from = in.skip(byteCount);
        byte[] bytes = in.array();
        // A first byte that only repeats the sign would not come back.
        in.check(byteCount == 1 || bytes[from] != (bytes[from + 1] >> (Byte.SIZE - 1)));
        return new BigInteger(bytes, from, byteCount);
    }

    private static int shortForm(BigInteger number) {
        for (int i = 0; i < SHORT.length; i++) {
            if (number.equals(SHORT[i])) {
                return i + 1;
            }
        }
        return 0;
    }

    @Override
    public void assemble(LeafCursor in, ValueBuffer out) {
        int length = in.bytesLength();
        if (length == 0 || length > MAX_TEXT) {
            throw new IndexOutOfBoundsException("a number has no such text: length=" + length);
        }
        String text = new String(in.bytes(), in.bytesFrom(), length, StandardCharsets.ISO_8859_1);
        try {
            if (hasScale) {
                BigDecimal number = new BigDecimal(text);
                append(number.unscaledValue(), text.startsWith(LONG_FORM), out);
                out.appendInt(number.scale());
            } else {
                append(new BigInteger(text), text.startsWith(LONG_FORM), out);
            }
        } catch (NumberFormatException e) {
            IndexOutOfBoundsException failure =
                    new IndexOutOfBoundsException("a number is malformed: length=" + length);
            failure.initCause(e);
            throw failure;
        }
    }

    private static void append(BigInteger number, boolean isLongForm, ValueBuffer out) {
        int shortForm = shortForm(number);
        if (shortForm > 0 && !isLongForm) {
            out.appendInt(shortForm);
            return;
        }
        byte[] bytes = number.toByteArray();
        out.appendInt(bytes.length + LENGTH_OFFSET);
        out.append(bytes, 0, bytes.length);
    }

    @Override
    public void assembleNull(ValueBuffer out) {
        out.appendInt(0);
    }
}
