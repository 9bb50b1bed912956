/**
 * What is left for a backend to do about state TTL, which Flink wraps around the states: expired
 * values leave in compaction. Comes in: serialised TTL values. Goes out: decisions. Invariant: what
 * is not expired is never touched. Read {@link io.flinklsm.statebackend.ttl.TtlEntryFilter} first.
 */
@NullMarked
package io.flinklsm.statebackend.ttl;

import org.jspecify.annotations.NullMarked;
