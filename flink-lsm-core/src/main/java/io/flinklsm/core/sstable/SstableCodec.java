package io.flinklsm.core.sstable;

/** How pages are compressed. */
public enum SstableCodec {
    UNCOMPRESSED,
    LZ4_RAW
}
