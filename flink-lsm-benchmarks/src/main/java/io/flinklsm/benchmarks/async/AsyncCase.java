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
package io.flinklsm.benchmarks.async;

import java.util.Locale;

/** What is compared, and how much the second side must be of the first one. */
enum AsyncCase {
    MEMORY_BATCH("memory, batches of 1,000 / V1", 0.9),
    MEMORY_OPERATOR("memory, asyncValue() / value()", 0.9),
    MEMORY_OPERATOR_V1("memory, asyncValue() / V1", 0),
    FILES_BATCH("files, batches of 1,000 / V1", 2),
    FILES_OPERATOR("files, asyncValue() / V1", 2),
    COLD_OPERATOR("files on the disk alone, asyncValue() / V1", 2),
    REMOTE_OPERATOR("remote, asyncValue() / V1", 20);

    /** How a side asks. */
    enum Way {
        /** The synchronous API and its backend. */
        V1,
        /** An operator with State V2 that waits for each value. */
        OPERATOR_WAITS,
        OPERATOR,
        /** Batches for the executor, without Flink's controller. */
        BATCHES
    }

    private final String title;
    private final double bar;

    AsyncCase(String title, double bar) {
        this.title = title;
        this.bar = bar;
    }

    String title() {
        return title;
    }

    /** How often as many requests per second of the wall clock; 0 for a row without a bar. */
    double bar() {
        return bar;
    }

    /** On the command line. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    boolean isInMemory() {
        return name().startsWith("MEMORY");
    }

    boolean isRemote() {
        return this == REMOTE_OPERATOR;
    }

    /** Whether the operating system has nothing of the files when a round begins. */
    boolean isCold() {
        return this == COLD_OPERATOR;
    }

    Way first() {
        return this == MEMORY_OPERATOR ? Way.OPERATOR_WAITS : Way.V1;
    }

    Way second() {
        return this == MEMORY_BATCH || this == FILES_BATCH ? Way.BATCHES : Way.OPERATOR;
    }
}
