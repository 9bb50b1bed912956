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
package io.flinklsm.statebackend.restore;

import io.flinklsm.core.LsmStore;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.snapshot.UploadedSstables;
import java.util.UUID;

/**
 * What a restore hands over.
 *
 * @param store open; the caller closes it
 * @param registry every state of the checkpoint, none registered yet
 * @param backendId new, or that of the checkpoint if it was taken over whole
 * @param uploaded what later checkpoints may share
 */
public record RestoredBackend(
        LsmStore store, StateRegistry registry, UUID backendId, UploadedSstables uploaded) {}
