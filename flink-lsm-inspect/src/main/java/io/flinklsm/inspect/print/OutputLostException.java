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
package io.flinklsm.inspect.print;

import java.io.IOException;

/** stdout takes no more: the rest need not be computed. */
public final class OutputLostException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean closedPipe;

    OutputLostException(IOException cause) {
        super(
                "[stdout] cannot be written: "
                        + cause.getMessage()
                        + "; what came out is cut, make room or write to another place.",
                cause);
        this.closedPipe = cause instanceof StandardOutput.ClosedPipeException;
    }

    /** Whether the program that read stdout has gone, which is no error ({@code | head}). */
    public boolean isClosedPipe() {
        return closedPipe;
    }
}
