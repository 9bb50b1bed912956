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
package io.flinklsm.core.memtable;

/**
 * A frozen generation on its way to level 0.
 *
 * @param generation no write follows
 * @param barrier how many checkpoints of the store had begun when it was frozen: generations on
 *     both sides of a checkpoint are never flushed into one SSTable, since the checkpoint holds
 *     only the older
 */
public record FrozenGeneration(Generation generation, long barrier) {

    public FrozenGeneration {
        if (barrier < 0) {
            throw new IllegalArgumentException(
                    "checkpoints are counted from 0: generation="
                            + generation.number()
                            + ", barrier="
                            + barrier);
        }
    }
}
