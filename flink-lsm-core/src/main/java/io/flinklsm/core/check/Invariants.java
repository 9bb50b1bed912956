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
package io.flinklsm.core.check;

/**
 * Checks of what must hold whatever the caller does; a failure is our own bug and an {@link
 * AssertionError}. On when the JVM runs with assertions enabled or with {@code
 * -Dflinklsm.invariants=true}: in all tests, never by default in production.
 */
public final class Invariants {

    /**
     * Guards checks that cost more than a comparison. Constant, so that the JIT drops what it
     * guards.
     */
    public static final boolean ENABLED =
            Boolean.getBoolean("flinklsm.invariants") || Invariants.class.desiredAssertionStatus();

    private Invariants() {}

    /** Fails with the message unless the condition holds; does nothing when checks are off. */
    public static void check(boolean condition, String message) {
        if (ENABLED && !condition) {
            throw new AssertionError(message);
        }
    }

    /** Like {@link #check(boolean, String)}, and says one fact. */
    public static void check(boolean condition, String message, String name, long value) {
        if (ENABLED && !condition) {
            throw new AssertionError(message + ": " + name + "=" + value);
        }
    }

    /** Like {@link #check(boolean, String)}, and says two facts. */
    public static void check(
            boolean condition,
            String message,
            String name,
            long value,
            String otherName,
            long otherValue) {
        if (ENABLED && !condition) {
            throw new AssertionError(
                    message + ": " + name + "=" + value + ", " + otherName + "=" + otherValue);
        }
    }
}
