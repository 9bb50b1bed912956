/**
 * Bytes on the heap and in native memory: views, owned copies, raw access, checksums.
 *
 * <p>In come arrays and addresses, out come slices of them and their hashes. Invariant: a {@link
 * io.flinklsm.core.bytes.Slice} is borrowed and says what its bytes are now, an {@link
 * io.flinklsm.core.bytes.OwnedSlice} is a copy that never changes. Read Slice first.
 */
@NullMarked
package io.flinklsm.core.bytes;

import org.jspecify.annotations.NullMarked;
