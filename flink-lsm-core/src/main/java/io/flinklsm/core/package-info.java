/** The front door of the engine. */
@NullMarked
package io.flinklsm.core;

import org.jspecify.annotations.NullMarked;
