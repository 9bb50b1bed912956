/** Runnable jobs. */
@NullMarked
package io.flinklsm.examples;

import org.jspecify.annotations.NullMarked;
