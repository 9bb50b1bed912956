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
import org.jspecify.annotations.Nullable;

/**
 * Bytes that only their serializer understands, as a part of a value: the column has them as they
 * stand. Where they end, an {@link EndFinder} says. Putting them back needs none, and is exact
 * wherever the end was found: a wrong end only moves bytes between this column and what follows,
 * and what follows is refused unless it is exact as well.
 *
 * <p>The finder runs code of users. If it throws, the value stays bytes, and the next value has a
 * finder that has just begun (Kryo keeps what it has read). After {@link #FAILURES_MAX} failures
 * none is asked any more: the rest of the file's values stay bytes. Errors of the virtual machine
 * itself are not caught, but for the two that bytes read as lengths and depths cause.
 *
 * <p>One for each binding; confined to one thread.
 */
public final class EndCodec implements ScalarCodec {

    /** Beginning anew may be dear: a serializer is duplicated for it. */
    static final int FAILURES_MAX = 100;

    private final EndFinder.@Nullable Source source;

    /** Null before the first value, and after a failure. */
    private @Nullable EndFinder finder;

    private int failures;

    /**
     * @param source null if the serializer is not known: then nothing can be taken apart
     */
    public EndCodec(EndFinder.@Nullable Source source) {
        this.source = source;
    }

    @Override
    public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
        int byteCount = length(in);
        in.check(byteCount >= 0);
        out.putBytes(in.array(), in.skip(byteCount), byteCount);
        return true;
    }

    private int length(WireReader in) throws NotTypedException {
        if (source == null || failures == FAILURES_MAX) {
            throw NotTypedException.INSTANCE;
        }
        int from = in.position();
        try {
            EndFinder asked = finder;
            if (asked == null) {
                asked = source.open();
                finder = asked;
            }
            return asked.length(in.array(), from, from + in.remaining());
        } catch (Throwable failure) {
            if (failure instanceof VirtualMachineError fatal
                    && !(failure instanceof OutOfMemoryError)
                    && !(failure instanceof StackOverflowError)) {
                throw fatal;
            }
            finder = null;
            failures++;
            throw NotTypedException.INSTANCE;
        }
    }

    @Override
    public void assemble(LeafCursor in, ValueBuffer out) {
        out.append(in.bytes(), in.bytesFrom(), in.bytesLength());
    }
}
