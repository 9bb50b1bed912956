/**
 * Where a backend keeps its files while it runs: in come the configured local directories, out goes
 * an empty directory for one backend alone. Invariant: it is deleted with the backend, or by a
 * later one if the process died. Read {@link io.flinklsm.statebackend.directory.WorkingDirectory}
 * first.
 */
@NullMarked
package io.flinklsm.statebackend.directory;

import org.jspecify.annotations.NullMarked;
