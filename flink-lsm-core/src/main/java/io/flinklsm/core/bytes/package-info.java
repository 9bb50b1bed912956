/** Bytes on the heap and in native memory: views, owned copies, raw access, checksums. */
@NullMarked
package io.flinklsm.core.bytes;

import org.jspecify.annotations.NullMarked;
