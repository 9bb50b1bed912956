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
 * How the binary rows, arrays and maps of Flink SQL stand in typed columns.
 *
 * <p>In: bytes with places of a fixed width and parts behind them, and the texts of their types.
 * Out: values with levels in leaf columns; and the same way back. Invariant: as in {@link
 * io.flinklsm.core.columns}, bytes are refused or come back exactly; places, padding and unused
 * bits that are not what Flink's writer leaves are refused. Read {@link SqlType} first. It knows
 * single columns ({@link io.flinklsm.core.columns.leaf}); a row, array or map becomes a type of its
 * own in the package above.
 */
@NullMarked
package io.flinklsm.core.columns.sql;

import org.jspecify.annotations.NullMarked;
