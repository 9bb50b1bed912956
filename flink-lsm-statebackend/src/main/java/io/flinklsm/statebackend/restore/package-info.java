/**
 * From Flink's state handles to a store: in come the handles of a checkpoint or savepoint, whose
 * key groups may be more than ours, or spread over several handles; out goes a store with the
 * states in our key groups, and what a later checkpoint may share with the restored one. Invariant:
 * nothing is parsed before its checksum is checked; where it fails nothing is left open. {@link
 * io.flinklsm.statebackend.restore.LsmRestoreOperation} comes first.
 */
@NullMarked
package io.flinklsm.statebackend.restore;

import org.jspecify.annotations.NullMarked;
