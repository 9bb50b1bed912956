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

import java.math.BigInteger;

/** The unscaled values of a decimal with so many digits, as bytes with the highest one first. */
public final class DecimalRange {

    /** What fits into sixteen bytes. */
    public static final int MAX_PRECISION = 38;

    private final long limitHigh;
    private final long limitLow;

    /**
     * @param precision digits, {@link #MAX_PRECISION} at most
     */
    public DecimalRange(int precision) {
        if (precision < 1 || precision > MAX_PRECISION) {
            throw new IllegalArgumentException(
                    "no decimal has these digits: precision=" + precision);
        }
        BigInteger limit = BigInteger.TEN.pow(precision);
        limitHigh = limit.shiftRight(Long.SIZE).longValueExact();
        limitLow = limit.longValue();
    }

    /**
     * The largest value of so many digits.
     *
     * @param precision digits, {@link Codecs#LONG_DIGITS} at most
     */
    public static long maxUnscaled(int precision) {
        return BigInteger.TEN.pow(precision).longValueExact() - 1;
    }

    /** Whether the bytes are a value with that many digits, and none of them is superfluous. */
    public boolean contains(byte[] bytes, int from, int byteCount) {
        if (byteCount <= 0 || byteCount > 2 * Long.BYTES) {
            return false;
        }
        if (byteCount > 1
                && ((bytes[from] == 0 && bytes[from + 1] >= 0)
                        || (bytes[from] == -1 && bytes[from + 1] < 0))) {
            return false;
        }
        long high = bytes[from] < 0 ? -1 : 0;
        long low = high;
        for (int i = from; i < from + byteCount; i++) {
            high = high << Byte.SIZE | low >>> (Long.SIZE - Byte.SIZE);
            low = low << Byte.SIZE | (bytes[i] & 0xFF);
        }
        if (high < 0) {
            // The value with the other sign; the least of all has none, and is out of any range.
            low = -low;
            high = ~high + (low == 0 ? 1 : 0);
        }
        return high >= 0
                && (high < limitHigh
                        || (high == limitHigh && Long.compareUnsigned(low, limitLow) < 0));
    }
}
