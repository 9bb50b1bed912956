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
package io.flinklsm.core.testing;

import io.flinklsm.core.check.Clock;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Counts the steps of a run, over everything that may fail in it, and lets one of them fail. To try
 * every step: arm 1, 2, 3, ... in a fresh run each, until a run ends that {@link #hasStruck} says
 * nothing happened in. Safe for any thread.
 */
public final class Faults {

    /** Marks failures that a test asked for. */
    public static final String INJECTED = "injected failure";

    // Guarded by this.
    private Fault fault = Fault.IO_EXCEPTION;
    private long steps;
    private long fatalStep;
    private String struckAt = "";

    /** Lets the n-th step from now on fail, once; the first is 1. */
    public synchronized Faults arm(Fault newFault, int n) {
        fault = newFault;
        fatalStep = steps + n;
        return this;
    }

    /** Lets nothing fail any more. */
    public synchronized void disarm() {
        fatalStep = 0;
    }

    public synchronized boolean hasStruck() {
        return !struckAt.isEmpty();
    }

    /** Where the failure happened; empty if none did. */
    public synchronized String struckAt() {
        return struckAt;
    }

    /** A step that may throw an IOException. */
    public void step(String where) throws IOException {
        if (isFatal(where)) {
            faultOfNow().strike(where);
        }
    }

    /** A step that declares nothing. */
    public void uncheckedStep(String where) {
        try {
            step(where);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized boolean isFatal(String where) {
        steps++;
        if (steps == fatalStep) {
            struckAt = where + ", step=" + steps;
            return true;
        }
        return false;
    }

    private synchronized Fault faultOfNow() {
        return fault;
    }

    /** The machine's clock; reading the time of day is a step. */
    public Clock clock() {
        return new Clock() {
            @Override
            public long currentTimeMillis() {
                uncheckedStep("clock");
                return Clock.system().currentTimeMillis();
            }

            @Override
            public long nanoTime() {
                return Clock.system().nanoTime();
            }
        };
    }
}
