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

import io.flinklsm.core.storage.FileReads;
import io.flinklsm.core.storage.RetryPolicy;

/**
 * How a {@link TieredStorage} keeps files.
 *
 * @param cacheBytes how much of the local disk its files may take; 0 for placement local, where
 *     every file becomes a local one and stays
 * @param retry of requests to remote storage
 * @param reads how what is on the local disk is read
 */
public record TieredOptions(long cacheBytes, RetryPolicy retry, FileReads reads) {

    public TieredOptions {
        if (cacheBytes < 0) {
            throw new IllegalArgumentException("not a size: cacheBytes=" + cacheBytes);
        }
    }

    /** Through memory maps. */
    public TieredOptions(long cacheBytes, RetryPolicy retry) {
        this(cacheBytes, retry, FileReads.MAPPED);
    }

    /** Whether files stay on remote storage, and the local disk is a cache of a fixed size. */
    boolean evicts() {
        return cacheBytes > 0;
    }
}
