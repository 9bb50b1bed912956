/** What several sorted sources mean together: lookups, merging, collapsing, the tombstone rule. */
@NullMarked
package io.flinklsm.core.merge;

import org.jspecify.annotations.NullMarked;
