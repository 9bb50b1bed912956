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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.storage.ClosedInputException;
import io.flinklsm.core.storage.FileRanges;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The whole of one file on the local disk, if it is there: opened by the first that reads it, and
 * closed with the last input or when it goes. Safe for any thread.
 */
final class LocalCopy {

    // Immutable.
    private final Storage storage;
    private final String name;

    /** Held while the copy is opened or closed. */
    private final Object opening = new Object();

    private volatile boolean present;

    /** While it is open. Written while `opening` is held, read by any thread. */
    private volatile @Nullable StorageInput whole;

    /** How many inputs are open; the copy is closed with the last. */
    @GuardedBy("opening")
    private int inputs;

    LocalCopy(Storage storage, String name, boolean present) {
        this.storage = storage;
        this.name = name;
        this.present = present;
    }

    boolean isPresent() {
        return present;
    }

    void appeared() {
        Invariants.check(!present, "a copy appears that is here");
        present = true;
    }

    void opened() {
        synchronized (opening) {
            inputs++;
        }
    }

    /** Whether that was the last. */
    boolean closed() throws IOException {
        synchronized (opening) {
            Invariants.check(
                    inputs > 0, "an input is closed that was not opened", "inputs", inputs);
            if (--inputs > 0) {
                return false;
            }
            closeWhole();
            return true;
        }
    }

    /** False if there is no copy, or it went just now. */
    boolean read(long position, byte[] target, int at, int byteCount) throws IOException {
        StorageInput input = openIfPresent();
        if (input == null) {
            return false;
        }
        try {
            input.readFully(position, target, at, byteCount);
            return true;
        } catch (ClosedInputException e) {
            // Evicted, or closed with the last input but one, just now.
            return false;
        }
    }

    /** Like {@link #read(long, byte[], int, int)}, several ranges one behind the other. */
    boolean read(FileRanges ranges, byte[] target) throws IOException {
        StorageInput input = openIfPresent();
        if (input == null) {
            return false;
        }
        try {
            input.readFully(ranges, target);
            return true;
        } catch (ClosedInputException e) {
            return false;
        }
    }

    /** Whether the copy is here and gives several ranges in about the time of one. */
    boolean readsTogether() {
        StorageInput input = whole;
        return input != null && input.readsTogether();
    }

    private @Nullable StorageInput openIfPresent() throws IOException {
        StorageInput input = whole;
        return input == null && present ? openWhole() : input;
    }

    @GuardedBy("opening")
    private void closeWhole() throws IOException {
        StorageInput last = whole;
        whole = null;
        if (last != null) {
            last.close();
        }
    }

    private @Nullable StorageInput openWhole() throws IOException {
        synchronized (opening) {
            StorageInput input = whole;
            if (input == null && present) {
                // An interrupt of this reader would close the channel that all readers wait for.
                boolean interrupted = Thread.interrupted();
                try {
                    input = storage.open(name);
                } finally {
                    if (interrupted) {
                        Thread.currentThread().interrupt();
                    }
                }
                whole = input;
            }
            return input;
        }
    }

    /** Deletes the copy, under readers too: they find the bytes elsewhere. */
    void evict() throws IOException {
        synchronized (opening) {
            present = false;
            closeWhole();
        }
        storage.delete(name);
    }

    /**
     * Deletes the copy if there is one; inputs that are open go on reading it, or fail.
     *
     * @return whether there was one
     */
    boolean delete() throws IOException {
        boolean was = present;
        present = false;
        if (was) {
            storage.delete(name);
        }
        return was;
    }

    /** Gives the map back; the copy stays. */
    void release() throws IOException {
        synchronized (opening) {
            closeWhole();
        }
    }
}
