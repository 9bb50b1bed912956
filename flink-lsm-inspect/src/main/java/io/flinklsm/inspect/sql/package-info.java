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
 * SQL over a checkpoint, with DuckDB inside the process. In: the user's statement, which is parsed
 * before anything is opened. Out: rows of plain values. Invariant: a statement of the user never
 * runs where the engine may touch files, load extensions or change its settings. Read {@link
 * io.flinklsm.inspect.sql.SqlSession} first.
 */
@NullMarked
package io.flinklsm.inspect.sql;

import org.jspecify.annotations.NullMarked;
