/** Checkpoint images, the manifest that lists them, and the pins that keep their files. */
@NullMarked
package io.flinklsm.core.checkpoint;

import org.jspecify.annotations.NullMarked;
