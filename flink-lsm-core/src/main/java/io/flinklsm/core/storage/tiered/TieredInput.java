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
package io.flinklsm.core.storage.tiered;

import io.flinklsm.core.storage.FileRanges;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** An open {@link TieredFile}. */
final class TieredInput implements StorageInput {

    private final TieredFile file;
    private final AtomicBoolean closed = new AtomicBoolean();

    TieredInput(TieredFile file) {
        this.file = file;
        file.opened();
    }

    @Override
    public void readFully(long position, byte[] target, int at, int byteCount) throws IOException {
        checkOpen(position);
        file.readFully(position, target, at, byteCount);
    }

    @Override
    public void readFully(FileRanges ranges, byte[] target) throws IOException {
        checkOpen(ranges.count() == 0 ? 0 : ranges.position(0));
        if (!file.readFromCopy(ranges, target)) {
            StorageInput.super.readFully(ranges, target);
        }
    }

    private void checkOpen(long position) throws IOException {
        if (closed.get()) {
            throw new IOException(
                    "[" + file + "] is closed: position=" + position + "; open it again");
        }
    }

    @Override
    public boolean readsTogether() {
        return file.readsTogether();
    }

    @Override
    public boolean answersAtOnce(long position, int byteCount) {
        return file.answersAtOnce(position, byteCount);
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            file.closed();
        }
    }
}
