/**
 * Files of the store that are read where a checkpoint has them. In come handles of a restored
 * checkpoint, and of checkpoints that are complete; out come ranges of bytes, within a time. No
 * file is read under a handle that the job manager may delete: {@link
 * io.flinklsm.statebackend.snapshot.UploadedSstables} has the rule. Read {@link
 * io.flinklsm.statebackend.remote.RemoteFiles} first.
 */
@NullMarked
package io.flinklsm.statebackend.remote;

import org.jspecify.annotations.NullMarked;
