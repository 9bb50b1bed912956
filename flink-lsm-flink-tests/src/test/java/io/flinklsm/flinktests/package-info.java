/**
 * Flink's own integration tests on flink-lsm. In: the test classes of Flink's {@code flink-tests},
 * run as they are. Out: their verdict, and the proof that it was not RocksDB that they tested.
 * Start with {@link io.flinklsm.flinktests.ShadowHits}.
 */
@NullMarked
package io.flinklsm.flinktests;

import org.jspecify.annotations.NullMarked;
