/** Flink's own suites for state backends, unmodified, in every variant of the backend. */
@NullMarked
package io.flinklsm.statebackend.suites;

import org.jspecify.annotations.NullMarked;
