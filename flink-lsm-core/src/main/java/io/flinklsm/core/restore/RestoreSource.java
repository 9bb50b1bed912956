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
package io.flinklsm.core.restore;

import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.manifest.CheckpointImage;

/**
 * A checkpoint image to restore from, and how much of it is ours. Its files are in the store's
 * storage already.
 *
 * @param clip only keys inside are restored; the clips of all sources of a store must be disjoint
 */
public record RestoreSource(CheckpointImage image, KeyRange clip) {}
