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

import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;

/**
 * A file of a checkpoint.
 *
 * @param name what manifest and handles call it
 * @param handle where it is
 * @param location for people: without secrets
 * @param isShared whether other checkpoints may use it
 */
public record SourceFile(String name, StreamStateHandle handle, String location, boolean isShared) {

    /** Whether it is a file of its own: no part of another one, and not inside the metadata. */
    public boolean isWhole() {
        return handle instanceof FileStateHandle;
    }

    /** Length, as the handle has it. */
    public long sizeBytes() {
        return handle.getStateSize();
    }
}
