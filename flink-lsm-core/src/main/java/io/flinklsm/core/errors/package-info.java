/** The errors that tell a caller what to do next. */
@NullMarked
package io.flinklsm.core.errors;

import org.jspecify.annotations.NullMarked;
