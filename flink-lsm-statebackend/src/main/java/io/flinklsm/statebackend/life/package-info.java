/**
 * When a backend's resources may be released: leases go out to snapshots, release happens once,
 * after the last one is back. Read {@link io.flinklsm.statebackend.life.BackendLife} first.
 */
@NullMarked
package io.flinklsm.statebackend.life;

import org.jspecify.annotations.NullMarked;
