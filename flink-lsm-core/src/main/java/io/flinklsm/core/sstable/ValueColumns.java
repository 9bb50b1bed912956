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
package io.flinklsm.core.sstable;

/** How values stand in new SSTables; files of both kinds are read side by side. */
public enum ValueColumns {
    /** In columns of their type, as far as it is known; as bytes where it is not. */
    TYPED,
    /** As the bytes that the serializer wrote. */
    BINARY
}
