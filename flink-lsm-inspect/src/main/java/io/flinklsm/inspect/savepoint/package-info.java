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
 * Canonical savepoints, which every backend of Flink writes: keys and values as their serializers
 * wrote them, key group by key group. In comes a file of one, out go its states with their types,
 * and cursors over their rows. No class that the file names is loaded. Read {@link
 * io.flinklsm.inspect.savepoint.SavepointRows} first.
 */
@NullMarked
package io.flinklsm.inspect.savepoint;

import org.jspecify.annotations.NullMarked;
