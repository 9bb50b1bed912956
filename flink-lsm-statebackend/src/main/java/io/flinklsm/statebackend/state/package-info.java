/**
 * The state objects that users' functions work with, each over one tree. Comes in: calls under the
 * current key and namespace. Goes out: rows in the format of canonical savepoints. Invariant: users
 * get fresh objects, and none of theirs is kept. Read {@link
 * io.flinklsm.statebackend.state.AbstractLsmState} first.
 */
@NullMarked
package io.flinklsm.statebackend.state;

import org.jspecify.annotations.NullMarked;
