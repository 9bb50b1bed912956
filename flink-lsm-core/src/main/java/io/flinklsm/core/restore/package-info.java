/** Images to Versions: which files of which images are ours, and their clips. */
@NullMarked
package io.flinklsm.core.restore;

import org.jspecify.annotations.NullMarked;
