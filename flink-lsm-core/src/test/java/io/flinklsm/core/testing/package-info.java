/** Fixtures that the tests of all modules share; shipped as the core's test jar. */
@NullMarked
package io.flinklsm.core.testing;

import org.jspecify.annotations.NullMarked;
