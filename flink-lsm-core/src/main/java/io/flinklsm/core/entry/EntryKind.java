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
package io.flinklsm.core.entry;

/** What an entry says about its key. The codes are on disk: they must never change. */
public enum EntryKind {
    /** The value is the key's value; older entries are hidden. */
    PUT(0),
    /** A tombstone: the key has no value; older entries are hidden. The entry's value is empty. */
    DELETE(1),
    /** A merge operand: the key's value is the older value with this operand folded in. */
    MERGE(2);

    private static final EntryKind[] BY_CODE = {PUT, DELETE, MERGE};

    private final int code;

    EntryKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /**
     * @throws IllegalArgumentException if no kind has this code
     */
    public static EntryKind ofCode(int code) {
        if (code < 0 || code >= BY_CODE.length) {
            throw new IllegalArgumentException("unknown entry kind: code=" + code);
        }
        return BY_CODE[code];
    }
}
