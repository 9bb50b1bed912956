/**
 * Snapshots of a keyed backend. Comes in: the store and the state registry. Goes out: Flink's
 * handles. Read {@link io.flinklsm.statebackend.snapshot.LsmSnapshots} first.
 */
@NullMarked
package io.flinklsm.statebackend.snapshot;

import org.jspecify.annotations.NullMarked;
