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
package io.flinklsm.core.parquet.encoding;

import java.io.IOException;

/**
 * Bytes do not follow the format. Internal to the engine: the caller that knows the file turns it
 * into a {@link io.flinklsm.core.errors.CorruptionException} that names it.
 */
public final class MalformedPageException extends IOException {

    private static final long serialVersionUID = 1L;

    public MalformedPageException(String message) {
        super(message);
    }
}
