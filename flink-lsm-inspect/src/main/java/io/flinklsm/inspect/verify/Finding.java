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
package io.flinklsm.inspect.verify;

/**
 * Something that is wrong with a checkpoint.
 *
 * @param location file or tree
 * @param message a sentence with facts; names the location itself
 */
public record Finding(Kind kind, String location, String message) {

    /** What is wrong. The names are in JSON output: never rename. */
    public enum Kind {
        /** A file that the checkpoint needs is not there. */
        MISSING,
        /** There, but must not or cannot be read. */
        UNREADABLE,
        /** Its bytes are not what was written. */
        DAMAGED,
        /** The SSTables of a tree do not fit together. */
        LEVELS,
        /** Keys outside of the key groups of their subtask. */
        KEY_RANGE
    }
}
