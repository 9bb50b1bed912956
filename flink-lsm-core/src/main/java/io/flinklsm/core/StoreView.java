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
package io.flinklsm.core;

import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import java.io.IOException;
import java.util.Set;

/** Every tree of a store at one moment; read from any thread until it is closed. */
public final class StoreView implements AutoCloseable {

    StoreView() {}

    public Set<String> treeNames() {
        throw new UnsupportedOperationException();
    }

    /** The live entries of a tree in the range. Close every cursor before the view. */
    public EntryCursor scan(String treeName, KeyRange range) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Idempotent; any thread. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
