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
package io.flinklsm.statebackend.snapshot;

import java.util.concurrent.Executor;
import org.apache.flink.core.fs.CloseableRegistry;

/**
 * Who transfers the files of one snapshot or restore, and what ends it.
 *
 * @param executor helps the thread that calls
 * @param count files in transfer at a time
 * @param cancelRegistry streams are registered in it: closing it cancels what is under way
 */
public record TransferThreads(Executor executor, int count, CloseableRegistry cancelRegistry) {}
