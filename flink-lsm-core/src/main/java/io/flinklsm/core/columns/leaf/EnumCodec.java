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
import java.util.HashSet;
import java.util.List;

/** Constants of an enum: the number that the serializer gave them. The column has their names. */
public final class EnumCodec implements ScalarCodec {

    private final byte[][] names;

    private EnumCodec(byte[][] names) {
        this.names = names;
    }

    /**
     * @param names by number
     * @throws IllegalArgumentException if two are the same
     */
    public static EnumCodec of(List<String> names) {
        if (names.isEmpty() || new HashSet<>(names).size() < names.size()) {
            throw new IllegalArgumentException("an enum has names, each of them once");
        }
        byte[][] utf8 = new byte[names.size()][];
        for (int i = 0; i < utf8.length; i++) {
            utf8[i] = names.get(i).getBytes(StandardCharsets.UTF_8);
            // Half a surrogate pair would become the same as another one.
            if (!new String(utf8[i], StandardCharsets.UTF_8).equals(names.get(i))) {
                throw new IllegalArgumentException("an enum's name is not Unicode: index=" + i);
            }
        }
        return new EnumCodec(utf8);
    }

    @Override
    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
        int number = in.readInt();
        in.check(number >= 0 && number < names.length);
        out.putBytes(names[number], 0, names[number].length);
        return true;
    }

    @Override
    public void assemble(LeafCursor in, ValueBuffer out) {
        out.appendInt(in.indexIn(names));
    }
}
