/**
 * Flink's composite key: key group, key, namespace and, in map states, user key, in the byte format
 * that all backends' canonical savepoints share. Comes in: objects and Flink's serializers. Goes
 * out: the engine's {@code KeyBuffer}. Invariant: nothing is serialised twice while neither key nor
 * namespace changes. Read {@link io.flinklsm.statebackend.key.StateKey} first.
 */
@NullMarked
package io.flinklsm.statebackend.key;

import org.jspecify.annotations.NullMarked;
