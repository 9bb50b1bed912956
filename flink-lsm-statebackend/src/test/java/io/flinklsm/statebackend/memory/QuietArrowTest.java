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

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class QuietArrowTest {

    private final Logger ofArrow = LoggerFactory.getLogger("org.apache.arrow.memory.BaseAllocator");
    private final Logger ofAnother = LoggerFactory.getLogger("org.apache.arrows");

    @BeforeEach
    void logAtInfo() {
        forget();
        Configurator.setRootLevel(Level.INFO);
    }

    @AfterEach
    void logAtWarn() {
        forget();
        Configurator.setRootLevel(Level.WARN);
    }

    @Test
    void arrowIsHeardFromWarnOnAndNoOtherLoggerIsTouched() {
        assertThat(ofArrow.isInfoEnabled()).isTrue();

        QuietArrow.begin();

        assertThat(ofArrow.isInfoEnabled()).isFalse();
        assertThat(ofArrow.isWarnEnabled()).isTrue();
        assertThat(ofAnother.isInfoEnabled()).isTrue();
    }

    @Test
    void levelThatIsConfiguredStays() {
        Configurator.setLevel("org.apache.arrow", Level.DEBUG);

        QuietArrow.begin();

        assertThat(ofArrow.isDebugEnabled()).isTrue();
    }

    private static void forget() {
        LoggerContext context = LoggerContext.getContext(false);
        context.getConfiguration().removeLogger("org.apache.arrow");
        context.updateLoggers();
    }
}
