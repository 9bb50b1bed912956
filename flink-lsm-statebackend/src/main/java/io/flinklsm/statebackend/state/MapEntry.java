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
package io.flinklsm.statebackend.state;

import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a map, as the iteration read it; deserialised when asked. Writes go through to the
 * map it came from. Stays usable when the iteration has moved on. Confined to the task thread.
 */
final class MapEntry<U, V> implements Map.Entry<U, V> {

    private final MapPages<U, V> pages;
    private final byte[] page;
    private final int from;
    private final int keyLength;
    private final int valueLength;

    private boolean removed;
    private boolean keyRead;
    private boolean valueRead;
    private @Nullable U userKey;
    private @Nullable V userValue;

    /**
     * @param page never changes; the serialised user key is at {@code from}, the row's value behind
     *     it
     */
    MapEntry(MapPages<U, V> pages, byte[] page, int from, int keyLength, int valueLength) {
        this.pages = pages;
        this.page = page;
        this.from = from;
        this.keyLength = keyLength;
        this.valueLength = valueLength;
    }

    void setRemoved() {
        removed = true;
    }

    // A null user key is one that the user's serializer gave.
    @Override
    @SuppressWarnings("NullAway")
    public U getKey() {
        if (!keyRead) {
            userKey = pages.state.readUserKey(page, from, keyLength);
            keyRead = true;
        }
        return userKey;
    }

    @Override
    @SuppressWarnings("NullAway")
    public V getValue() {
        if (removed) {
            return null;
        }
        if (!valueRead) {
            userValue = pages.state.readUserValue(page, from + keyLength, valueLength);
            valueRead = true;
        }
        return userValue;
    }

    @Override
    @SuppressWarnings("NullAway")
    public V setValue(V newValue) {
        if (removed) {
            throw new IllegalStateException("the entry was removed; it takes no value");
        }
        V before = getValue();
        try {
            pages.state.writeEntry(pages.rowOf(page, from, keyLength), newValue);
        } catch (IOException e) {
            throw pages.state.failure("a value of a map could not be stored", e);
        }
        userValue = newValue;
        valueRead = true;
        return before;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Map.Entry<?, ?> entry
                && Objects.equals(getKey(), entry.getKey())
                && Objects.equals(getValue(), entry.getValue());
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(getKey()) ^ Objects.hashCode(getValue());
    }

    @Override
    public String toString() {
        return getKey() + "=" + getValue();
    }
}
