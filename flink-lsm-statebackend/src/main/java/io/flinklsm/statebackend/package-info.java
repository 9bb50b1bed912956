/** The Flink state backend. */
@NullMarked
package io.flinklsm.statebackend;

import org.jspecify.annotations.NullMarked;
