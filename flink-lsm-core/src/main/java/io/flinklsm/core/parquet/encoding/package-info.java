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
 * Encodings of Parquet's format: growing and checked arrays of bytes, numbers, levels, bits of
 * bloom filters. In come values, out come bytes, and from bytes values again. Invariant: what was
 * damaged ends in a {@link io.flinklsm.core.parquet.encoding.MalformedPageException}, never in a
 * loop, in memory that the bytes do not justify, or beyond the given limit.
 *
 * <p>Read {@link io.flinklsm.core.parquet.encoding.ByteSink} first.
 */
@NullMarked
package io.flinklsm.core.parquet.encoding;

import org.jspecify.annotations.NullMarked;
