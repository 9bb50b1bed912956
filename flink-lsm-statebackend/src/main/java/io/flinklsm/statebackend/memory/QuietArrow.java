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
package io.flinklsm.statebackend.memory;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configurator;
import org.slf4j.LoggerFactory;

/**
 * Arrow, which hands out native memory, tells at INFO how it chose its allocator: three lines of
 * each process that mean nothing to an operator, and cannot be told otherwise to keep quiet. With
 * Flink's own logging (Log4j 2), its loggers begin at WARN; a level that the logging configuration
 * sets for them stays.
 */
final class QuietArrow {

    /** The shaded name in the runtime jar: relocation changes this text as well. */
    static final String LOGGER = "org.apache.arrow";

    private static final String LOG4J = "org.apache.logging.slf4j.";

    private QuietArrow() {}

    static void begin() {
        // Another logging, or none, may be bound, and then Log4j's classes are not there.
        if (LoggerFactory.getILoggerFactory().getClass().getName().startsWith(LOG4J)) {
            try {
                WithLog4j.begin();
            } catch (LinkageError | ClassCastException e) {
                LoggerFactory.getLogger(QuietArrow.class)
                        .debug("[{}] its level stays: the logging is not Log4j's own", LOGGER, e);
            }
        }
    }

    /** Loaded only where Log4j is. */
    private static final class WithLog4j {

        static void begin() {
            LoggerContext context = LoggerContext.getContext(false);
            boolean isConfigured =
                    context.getConfiguration().getLoggerConfig(LOGGER).getName().startsWith(LOGGER);
            if (!isConfigured) {
                Configurator.setLevel(LOGGER, Level.WARN);
            }
        }
    }
}
