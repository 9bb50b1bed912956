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
import org.jspecify.annotations.Nullable;

/**
 * Takes files to remote storage before any checkpoint has them, so that the local disk may give
 * them up, or need not take them. Safe for any thread.
 */
public interface EarlyUpload {

    /** A file that was uploaded early. It stays until it is deleted by who had it uploaded. */
    interface Uploaded extends RemoteSource {

        /**
         * Whether a checkpoint may have the file there: then it may go with the checkpoint, as one
         * at home may.
         */
        boolean isListed();

        /**
         * Nobody here reads it any more. It goes unless a checkpoint may have it. What cannot be
         * deleted is left behind, and told in the log.
         */
        void delete();
    }

    /** A file on its way. Confined to one thread. */
    interface Upload extends AutoCloseable {

        void write(byte[] bytes, int from, int byteCount) throws IOException;

        /**
         * Ends the file.
         *
         * @return null if it is too small to be a file there; nothing of it is left then
         */
        @Nullable Uploaded finish() throws IOException;

        /** Gives the file up unless it is finished: nothing of it is left there. Idempotent. */
        @Override
        void close();
    }

    /**
     * Begins a file.
     *
     * @param name what errors call it
     */
    Upload begin(String name) throws IOException;

    /**
     * Uploads the whole file; takes as long as that.
     *
     * @param name what errors call it
     * @return null if it is too small to be a file there
     * @throws IOException if it cannot be; nothing of it is left there
     */
    default @Nullable Uploaded upload(String name, StorageInput content) throws IOException {
        try (Upload upload = begin(name)) {
            byte[] buffer = new byte[(int) Math.min(64 << 10, content.size())];
            for (long position = 0; position < content.size(); ) {
                int count = (int) Math.min(buffer.length, content.size() - position);
                content.readFully(position, buffer, 0, count);
                upload.write(buffer, 0, count);
                position += count;
            }
            return upload.finish();
        }
    }
}
