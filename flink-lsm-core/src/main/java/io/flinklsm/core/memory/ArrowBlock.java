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
package io.flinklsm.core.memory;

import io.flinklsm.core.check.Invariants;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.ArrowBuf;

/** A block cut from the root's Arrow allocator. Safe for any thread. */
final class ArrowBlock extends AtomicBoolean implements MemoryBlock {

    private static final long serialVersionUID = 1L;

    private final transient MemoryBudget owner;
    private final transient ArrowBuf buffer;
    private final long address;
    private final int sizeBytes;

    ArrowBlock(MemoryBudget owner, ArrowBuf buffer, int sizeBytes) {
        Invariants.check(
                sizeBytes > 0 && sizeBytes <= buffer.capacity(),
                "a block is larger than its memory",
                "sizeBytes",
                sizeBytes,
                "capacity",
                buffer.capacity());
        this.owner = owner;
        this.buffer = buffer;
        this.address = buffer.memoryAddress();
        this.sizeBytes = sizeBytes;
    }

    @Override
    public long address() {
        return address;
    }

    @Override
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public void release() {
        if (!compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "["
                            + owner.name()
                            + "] a memory block was released twice: sizeBytes="
                            + sizeBytes
                            + "; its holder releases it exactly once");
        }
        // First the memory, then the account: the limit holds at every moment.
        buffer.close();
        owner.unreserve(sizeBytes);
    }
}
