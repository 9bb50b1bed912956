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
 * The program {@code flink-lsm}: looks into checkpoints, native savepoints and store directories
 * without a Flink job. In come a location and a question, out go tables or JSON on stdout; it
 * writes no file that was not asked for, and instantiates no class that a file names. Read {@link
 * io.flinklsm.inspect.FlinkLsm} first.
 */
@NullMarked
package io.flinklsm.inspect;

import org.jspecify.annotations.NullMarked;
