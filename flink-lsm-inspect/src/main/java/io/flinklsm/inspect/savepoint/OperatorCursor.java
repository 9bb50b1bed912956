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
package io.flinklsm.inspect.savepoint;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The elements of one operator state in the file of one subtask. Confined to one thread. */
final class OperatorCursor implements EntryCursor {

    /** What a stream of frames begins with: only the first element has it. */
    private static final byte[] FRAMES_BEGIN =
            "\u00ff\u0006\0\0sNaPpY".getBytes(StandardCharsets.ISO_8859_1);

    private static final long MAX_ELEMENT_BYTES = Integer.MAX_VALUE - Long.BYTES;

    private final Storage storage;
    private final String fileName;
    private final boolean isCompressed;
    private final int subtask;
    private final long[] starts;

    /** Of the elements of all states in the file, in ascending order. */
    private final long[] all;

    private final StorageInput file;
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private int index = -1;

    OperatorCursor(
            Storage storage,
            String fileName,
            boolean isCompressed,
            int subtask,
            long[] starts,
            long[] all,
            KeyRange range)
            throws IOException {
        this.storage = storage;
        this.fileName = fileName;
        this.isCompressed = isCompressed;
        this.subtask = subtask;
        byte[] number = ByteBuffer.allocate(Integer.BYTES).putInt(subtask).array();
        key.setBytes(number, 0, number.length);
        this.starts = range.contains(key) ? starts : new long[0];
        this.all = all;
        this.file = storage.open(fileName);
    }

    @Override
    public boolean next() throws IOException {
        if (index + 1 >= starts.length) {
            return false;
        }
        index++;
        long start = starts[index];
        long end = end(start);
        if (start < 0 || end > file.size() || end - start > MAX_ELEMENT_BYTES) {
            throw damaged("it lies outside of its file: sizeBytes=" + file.size(), start, null);
        }
        try (InputStream in = open(start, end)) {
            byte[] bytes = in.readAllBytes();
            value.setBytes(bytes, 0, bytes.length);
        } catch (SnapshotReader.MalformedException e) {
            throw damaged(String.valueOf(e.getMessage()), start, e);
        }
        return true;
    }

    private CorruptionException damaged(String facts, long start, @Nullable Throwable e) {
        return new CorruptionException(
                "["
                        + storage.describe(fileName)
                        + "] an element of operator state cannot be read: subtask="
                        + subtask
                        + ", element="
                        + index
                        + ", offset="
                        + start
                        + ", "
                        + facts
                        + "; the metadata or the file is damaged, take another checkpoint.",
                e);
    }

    private InputStream open(long start, long end) throws IOException {
        var stored = new PositionedStream(file, start, end);
        return isCompressed
                ? new Frames(
                        new SequenceInputStream(new ByteArrayInputStream(FRAMES_BEGIN), stored))
                : stored;
    }

    /** Where the next element of any state begins, which may be at the same place. */
    private long end(long start) {
        boolean isNextHere = index + 1 < starts.length && starts[index + 1] == start;
        if (isNextHere) {
            return start;
        }
        int found = Arrays.binarySearch(all, start + 1);
        int at = found < 0 ? -found - 1 : found;
        return at < all.length ? all[at] : file.size();
    }

    @Override
    public Slice key() {
        return key;
    }

    @Override
    public EntryKind kind() {
        return EntryKind.PUT;
    }

    @Override
    public Slice value() {
        return value;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
