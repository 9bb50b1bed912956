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
 * Whether the serializers of a jar would restore a checkpoint. In come a checkpoint and a jar, out
 * goes a verdict for each serializer. Code of the jar runs in a process of its own, which {@link
 * io.flinklsm.inspect.fit.FitCheck} starts and whose answer it reads; read that class first.
 */
@NullMarked
package io.flinklsm.inspect.fit;

import org.jspecify.annotations.NullMarked;
