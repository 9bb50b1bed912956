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
import java.nio.charset.StandardCharsets;

/** A UTF-16 unit in two bytes. The column is UTF-8, so half a surrogate pair is not typed. */
public final class CharCodec implements ScalarCodec {

    private final boolean isArray;

    /**
     * @param isArray a count and then as many units, else one unit
     */
    public CharCodec(boolean isArray) {
        this.isArray = isArray;
    }

    @Override
    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
        int units = isArray ? in.readCount() : 1;
        in.check(units <= in.remaining() / Character.BYTES);
        StringBuilder text = new StringBuilder(units);
        for (int i = 0; i < units; i++) {
            text.append((char) in.readShort());
        }
        for (int i = 0; i < units; i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                in.check(
                        Character.isHighSurrogate(c)
                                && ++i < units
                                && Character.isLowSurrogate(text.charAt(i)));
            }
        }
        byte[] utf8 = text.toString().getBytes(StandardCharsets.UTF_8);
        out.putBytes(utf8, 0, utf8.length);
        return true;
    }

    @Override
    public void assemble(LeafCursor in, ValueBuffer out) {
        String text =
                new String(in.bytes(), in.bytesFrom(), in.bytesLength(), StandardCharsets.UTF_8);
        if (isArray) {
            out.appendInt(text.length());
        } else if (text.length() != 1) {
            throw new IndexOutOfBoundsException("not one character: length=" + text.length());
        }
        for (int i = 0; i < text.length(); i++) {
            out.appendShort(text.charAt(i));
        }
    }
}
