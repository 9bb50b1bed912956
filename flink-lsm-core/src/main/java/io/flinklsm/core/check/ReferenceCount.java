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
package io.flinklsm.core.check;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How many hold a thing that must end when the last of them has let it go: native memory, pinned
 * files. It is made with one reference, for the one who made it. Safe for any thread.
 *
 * <pre>
 * 1 ── tryRetain ──► 2 ── release ──► 1 ── release ──► 0      the caller of this release ends the thing
 *                                                      └─ tryRetain: false, for ever
 * </pre>
 *
 * <p>To let go more often than one has retained is a bug of the caller, and fails as such: always
 * with an {@link IllegalStateException}, and without changing the count.
 */
public final class ReferenceCount {

    private static final VarHandle COUNT = handle();

    private volatile int count = 1;

    private static VarHandle handle() {
        try {
            return MethodHandles.lookup().findVarHandle(ReferenceCount.class, "count", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Takes a reference; false if the last one was released already. */
    public boolean tryRetain() {
        for (int seen = count; seen > 0; seen = count) {
            if (COUNT.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Gives a reference back.
     *
     * @param what is held, for the message of a failure
     * @return how many are left; the caller that gets 0 ends the thing
     * @throws IllegalStateException if all have been given back already
     */
    public int release(Object what) {
        for (int seen = count; seen > 0; seen = count) {
            if (COUNT.compareAndSet(this, seen, seen - 1)) {
                return seen - 1;
            }
        }
        throw new IllegalStateException(
                "["
                        + what
                        + "] was released more often than retained; each holder releases it once");
    }

    /** How many hold it; may have changed when it returns. */
    public int count() {
        return count;
    }
}
