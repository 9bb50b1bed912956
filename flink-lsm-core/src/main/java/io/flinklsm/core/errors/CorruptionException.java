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
package io.flinklsm.core.errors;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Stored data is not what was written: do not retry, restore an earlier checkpoint. The message
 * names the file or tree, what was found, and what to do.
 */
public class CorruptionException extends IOException {

    private static final long serialVersionUID = 1L;

    public CorruptionException(String message) {
        super(message);
    }

    public CorruptionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
