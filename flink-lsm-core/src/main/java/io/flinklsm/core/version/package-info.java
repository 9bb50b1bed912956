/** Which SSTables make up a tree: versions, edits, and when a file may go. */
@NullMarked
package io.flinklsm.core.version;

import org.jspecify.annotations.NullMarked;
