/** The pins that keep the files of checkpoints. */
@NullMarked
package io.flinklsm.core.checkpoint;

import org.jspecify.annotations.NullMarked;
