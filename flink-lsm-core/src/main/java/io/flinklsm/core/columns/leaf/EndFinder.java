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
package io.flinklsm.core.columns.leaf;

import java.io.IOException;

/**
 * Finds where bytes end that only their serializer understands, by reading them with it. Confined
 * to one thread; may throw whatever a serializer of a user throws.
 */
public interface EndFinder {

    /**
     * Gives how many bytes the serializer reads; below 0 if they are none of its own.
     *
     * @param bytes borrowed for the call; not changed
     * @param from where they begin
     * @param to where the value ends of which they are a part
     */
    int length(byte[] bytes, int from, int to) throws IOException;

    /** Makes finders for threads and files. Safe for any thread. */
    interface Source {
        EndFinder open();
    }
}
