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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one map that makes it complete in memory: either that there is nothing of it
 * anywhere, so that it is complete from its first entry on, or that its pages are kept one after
 * another, so that it is complete with the last one. Of each, the map that was spoken of last is
 * remembered. Guarded by the tier's lock.
 */
final class MapCompleteness {

    /** The prefix of a map of which there is nothing anywhere, if one is known. */
    private final KeyBuffer newMap = new KeyBuffer();

    private boolean isNewMapKnown;

    /** Where the last page that was kept ended, if there is a next one. */
    private @Nullable OwnedSlice run;

    private long runBytes;

    // ------------------------------------------------------------------------------------ new maps

    /** There is nothing of the key's map, in memory or in files. */
    void noteNewMap(KeyBuffer key) {
        newMap.set(key.array(), 0, key.prefixLength());
        isNewMapKnown = true;
    }

    /** There is nothing of the map with this prefix, in memory or in files. */
    void noteNewMap(Slice prefix) {
        newMap.set(prefix, prefix.length());
        isNewMapKnown = true;
    }

    /** Whether it is known that there is nothing of the key's map. */
    boolean isNewMap(KeyBuffer key) {
        int length = key.prefixLength();
        return isNewMapKnown
                && Arrays.equals(newMap.array(), 0, newMap.length(), key.array(), 0, length);
    }

    /** Something of a map is there now. */
    void forgetNewMap() {
        isNewMapKnown = false;
    }

    // --------------------------------------------------------------------------------------- pages

    /**
     * Adds a page to the run of pages.
     *
     * @param after the key that the page began behind, or null if it is the first one
     * @param limitBytes so much one run may have
     * @return false if the page does not go on where the last one ended that was kept, or is too
     *     much; then the run is as it was
     */
    boolean add(@Nullable KeyBuffer after, ValueBuffer page, long limitBytes) {
        if (after == null) {
            runBytes = 0;
        } else if (run == null || after.slice().compareTo(run) != 0) {
            return false;
        }
        if (runBytes + page.length() > limitBytes) {
            return false;
        }
        runBytes += page.length();
        return true;
    }

    /** The page that was added is kept, up to this key, and another one follows. */
    void goOnBehind(OwnedSlice last) {
        run = last;
    }

    /** No page follows, or what follows does not make the map complete. */
    void endRun() {
        run = null;
    }
}
