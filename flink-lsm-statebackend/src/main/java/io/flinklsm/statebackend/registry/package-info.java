/**
 * What states a backend holds: name and kind → tree, meta info, state object; in the order that
 * numbers them in checkpoints. A state that was restored and is not registered again is carried on
 * without its serializers. Read {@link io.flinklsm.statebackend.registry.StateRegistry} first.
 */
@NullMarked
package io.flinklsm.statebackend.registry;

import org.jspecify.annotations.NullMarked;
