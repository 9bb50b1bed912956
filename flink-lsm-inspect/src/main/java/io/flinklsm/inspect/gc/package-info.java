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
 * What lies in a job's checkpoint directory and no checkpoint needs. In come the listing of the
 * directory and the metadata of all checkpoints that may refer to it, out goes an {@link
 * io.flinklsm.inspect.gc.Audit}. Invariant: what is not understood is kept, and one metadata that
 * cannot be read stops everything, since what it needs is unknown. Read {@link
 * io.flinklsm.inspect.gc.Audit} first.
 */
@NullMarked
package io.flinklsm.inspect.gc;

import org.jspecify.annotations.NullMarked;
