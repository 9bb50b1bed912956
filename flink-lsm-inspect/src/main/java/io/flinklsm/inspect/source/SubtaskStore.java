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

import io.flinklsm.core.checkpoint.CheckpointImage;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * The store of one subtask, as a checkpoint has it.
 *
 * @param subtask index from 0; -1 for a store directory, which does not say
 * @param firstKeyGroup -1 if unknown
 * @param lastKeyGroup inclusive; -1 if unknown
 * @param image from its manifest, or put together from the footers of bare files
 * @param manifest the manifest's bytes; null for bare files
 * @param metaFile holds serializers: only its checksum may be looked at; null in a store directory
 * @param newBytes bytes that the checkpoint wrote for this subtask; -1 if unknown
 */
public record SubtaskStore(
        int subtask,
        int firstKeyGroup,
        int lastKeyGroup,
        CheckpointImage image,
        @Nullable SourceFile manifest,
        @Nullable StreamStateHandle metaFile,
        SourceStorage storage,
        long newBytes) {}
