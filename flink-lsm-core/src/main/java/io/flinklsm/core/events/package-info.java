/** What happened inside a store, typed. */
@NullMarked
package io.flinklsm.core.events;

import org.jspecify.annotations.NullMarked;
