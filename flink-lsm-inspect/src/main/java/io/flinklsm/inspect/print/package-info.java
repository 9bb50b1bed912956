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
 * What the user sees: tables that fit the terminal, JSON, sizes, ages, progress. Everything that
 * comes out of a file passes {@link io.flinklsm.inspect.print.SafeText} before a terminal sees it.
 * Read {@link io.flinklsm.inspect.print.Console} first.
 */
@NullMarked
package io.flinklsm.inspect.print;

import org.jspecify.annotations.NullMarked;
