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

import io.flinklsm.core.storage.StorageStoppedException;
import java.io.IOException;

/**
 * Where the bytes of one file are on remote storage. The file is complete and never changes, but
 * its owner may delete it, and the storage may be slow, refuse or break off. Safe for any thread.
 */
public interface RemoteSource {

    /**
     * Reads the range with one request. What has been written to the target when it fails is
     * undefined.
     *
     * @throws java.io.FileNotFoundException or {@link java.nio.file.NoSuchFileException} if the
     *     file is gone
     * @throws StorageStoppedException if requests are not made any more
     */
    void readFully(long position, byte[] target, int at, int byteCount) throws IOException;

    /** What errors call the file: its address, without secrets. */
    String describe();
}
