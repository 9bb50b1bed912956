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
package io.flinklsm.core.columns.leaf;

/**
 * The leaf columns that a type is bound to, as far as nulls go: every call handles one null in each
 * of them. Confined to one thread.
 */
public abstract class BoundColumns {

    /** Definition level of the columns when the value is there. */
    protected final int definition;

    protected BoundColumns(int definition) {
        if (definition < 0) {
            throw new IllegalArgumentException("columns are not defined: definition=" + definition);
        }
        this.definition = definition;
    }

    /** Definition level of the columns when the value is there. */
    public final int definition() {
        return definition;
    }

    /** Adds to each leaf that the path ends at this definition level. */
    public abstract void shredNull(int atDefinition, int repetition);

    /** Passes over a null in every leaf. */
    public abstract void skipNull();

    /** The leaf that tells levels for all of them. */
    public abstract LeafCursor first();

    /** Whether the next value is null at this level or further up. */
    public final boolean isNull() {
        return first().definition() < definition;
    }
}
