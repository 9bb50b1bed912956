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
package io.flinklsm.benchmarks.workload;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Values of 200 bytes that any codec halves and none does better with: the key, a version, random
 * bytes up to the middle, and a line of text with the key's digits behind them. A value is a
 * function of its key and version, so every answer can be checked.
 */
public final class ByteValues {

    /** Bytes of a value. */
    public static final int LENGTH = 200;

    private static final int KEY_AT = 0;
    private static final int VERSION_AT = 8;
    private static final int RANDOM_AT = 16;
    private static final int TEXT_AT = 104;
    private static final int DIGITS_AT = 180;
    private static final byte[] TEXT =
            ("{\"type\":\"position\",\"currency\":\"EUR\",\"venue\":\"XETRA\",\"status\":"
                            + "\"open\",\"number\":\"....................................")
                    .getBytes(StandardCharsets.US_ASCII);
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private ByteValues() {}

    /** A fresh array with the value of {@code key} at {@code version}. */
    public static byte[] of(long key, long version) {
        byte[] value = new byte[LENGTH];
        LONGS.set(value, KEY_AT, key);
        LONGS.set(value, VERSION_AT, version);
        for (int at = RANDOM_AT; at < TEXT_AT; at += Long.BYTES) {
            LONGS.set(value, at, word(key, version, at));
        }
        System.arraycopy(TEXT, 0, value, TEXT_AT, LENGTH - TEXT_AT);
        long rest = key;
        for (int at = LENGTH - 1; at >= DIGITS_AT; at--) {
            value[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return value;
    }

    /**
     * Checks {@code value} at its key, version, one random word and its end.
     *
     * @throws IllegalStateException if it is not the value of {@code key} at {@code version}
     */
    public static long check(String caseName, long key, long version, byte[] value) {
        Answers.expect(caseName, key, LENGTH, value.length);
        Answers.expect(caseName, key, key, (long) LONGS.get(value, KEY_AT));
        Answers.expect(caseName, key, version, (long) LONGS.get(value, VERSION_AT));
        int at = RANDOM_AT + (int) (key % 11) * Long.BYTES;
        Answers.expect(caseName, key, word(key, version, at), (long) LONGS.get(value, at));
        Answers.expect(caseName, key, '0' + key % 10, value[LENGTH - 1]);
        return value[at];
    }

    /** The finaliser of MurmurHash3: looks random to a codec, and costs a nanosecond. */
    private static long word(long key, long version, int at) {
        long mixed = key * 0x9E3779B97F4A7C15L + version * 0xC2B2AE3D27D4EB4FL + at;
        mixed = (mixed ^ (mixed >>> 33)) * 0xFF51AFD7ED558CCDL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return mixed ^ (mixed >>> 33);
    }
}
