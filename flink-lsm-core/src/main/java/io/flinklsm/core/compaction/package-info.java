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
/**
 * The compaction path: SSTables become fewer SSTables.
 *
 * <p>In comes a Version, out goes a version edit: a picker says what to compact ({@link
 * io.flinklsm.core.compaction.CompactionPlan}), a job does it, and what the job returns is
 * installed. Invariant: outputs stand, in age, where their inputs stood. Read {@link
 * io.flinklsm.core.compaction.Compactions} first, then {@link
 * io.flinklsm.core.compaction.LeveledPicker} and {@link io.flinklsm.core.compaction.CompactionJob}.
 */
@NullMarked
package io.flinklsm.core.compaction;

import org.jspecify.annotations.NullMarked;
