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
package io.flinklsm.inspect.source;

import java.io.IOException;
import java.util.List;

/**
 * A file of state that this program does not read: operator state, state in flight, keyed state of
 * other backends. Flink writes no checksum for them, so that length and places are all that can be
 * checked.
 *
 * @param what for people, such as {@code operator state}
 * @param file of which one reads nothing
 * @param places where in it the metadata says that something begins, name by name
 */
public record OtherFile(
        String what, int subtask, SourceFile file, SourceStorage storage, List<Places> places) {

    /**
     * Places of one state in the file.
     *
     * @param lowest of them
     * @param highest of them
     * @param ascend whether none is before the one in front of it, which is how Flink writes them
     */
    public record Places(String name, long lowest, long highest, boolean ascend) {

        static Places of(String name, long[] offsets) {
            long lowest = offsets.length == 0 ? 0 : Long.MAX_VALUE;
            long highest = offsets.length == 0 ? 0 : Long.MIN_VALUE;
            boolean ascend = true;
            for (int i = 0; i < offsets.length; i++) {
                ascend &= i == 0 || offsets[i] >= offsets[i - 1];
                lowest = Math.min(lowest, offsets[i]);
                highest = Math.max(highest, offsets[i]);
            }
            return new Places(name, lowest, highest, ascend);
        }
    }

    public OtherFile {
        places = List.copyOf(places);
    }

    /** Where the file was found, after {@link #length}. */
    public String location() {
        return storage.describe(file.name());
    }

    /** How long the file really is. */
    public long length() throws IOException {
        return storage.size(file.name());
    }
}
