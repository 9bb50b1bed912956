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
 * The bytes are not exactly what their type would write: they stay bytes. Not an error, and thrown
 * for single rows among many, so it has no stack trace and is one object.
 */
public final class NotTypedException extends Exception {

    private static final long serialVersionUID = 1L;

    public static final NotTypedException INSTANCE = new NotTypedException();

    private NotTypedException() {
        super("the bytes do not fit their type", null, false, false);
    }
}
