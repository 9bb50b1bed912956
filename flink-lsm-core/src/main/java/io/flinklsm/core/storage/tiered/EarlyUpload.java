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

import io.flinklsm.core.storage.StorageInput;
import java.io.IOException;

/**
 * Takes files to remote storage before any checkpoint has them, so that the local disk may give
 * them up. Safe for any thread.
 */
public interface EarlyUpload {

    /** A file that was uploaded early. It stays until it is deleted by who had it uploaded. */
    interface Uploaded extends RemoteSource {

        /** Nobody reads it any more. What cannot be deleted is left behind, and told in the log. */
        void delete();
    }

    /**
     * Uploads the whole file; takes as long as that.
     *
     * @param name what errors call it
     * @throws IOException if it cannot be; nothing of it is left there
     */
    Uploaded upload(String name, StorageInput content) throws IOException;
}
