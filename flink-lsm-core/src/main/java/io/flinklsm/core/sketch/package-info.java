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
 * What an SSTable's entries are like, in a few hundred bytes: how many keys, which ones are the
 * largest, how bytes spread over key groups and sizes. Entries in key order come in, a {@link
 * io.flinklsm.core.sketch.KeySketch} and its text go out. Invariant: whatever the entries, neither
 * the memory of a sketch under way nor its text grows beyond a fixed bound: 32 KiB each, on the
 * heap, while one SSTable is written, which is not worth an account in the memory budget. Read
 * {@link io.flinklsm.core.sketch.KeySketch} first.
 */
@NullMarked
package io.flinklsm.core.sketch;

import org.jspecify.annotations.NullMarked;
