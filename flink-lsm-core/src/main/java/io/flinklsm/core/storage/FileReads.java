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
package io.flinklsm.core.storage;

import java.io.IOException;
import java.nio.file.Path;

/** How files of the local disk are read. */
public enum FileReads {

    /** Through memory maps: their resident pages count as memory of this process. */
    MAPPED {
        @Override
        public StorageInput open(Path path) throws IOException {
            return LocalInput.open(path);
        }
    },

    /** By system calls: the pages are the system's alone. */
    PLAIN {
        @Override
        public StorageInput open(Path path) throws IOException {
            return PlainInput.open(path);
        }
    };

    /** Opens a file that does not change any more in its length. */
    public abstract StorageInput open(Path path) throws IOException;
}
