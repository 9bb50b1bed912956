/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.flinklsm.core;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.view.ScanView;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Every tree of a store at one moment; read from any thread until it is closed. It may stay open
 * for long: it pins files, but generations only until they are flushed.
 */
public final class StoreView implements AutoCloseable {

    /** A stable view of one tree, with our reference. */
    record TreeView(ScanView view, @Nullable MergeOperator operator) {}

    private final Map<String, TreeView> trees;
    private final AtomicBoolean closed = new AtomicBoolean();

    StoreView(Map<String, TreeView> trees) {
        this.trees = trees;
    }

    public Set<String> treeNames() {
        return Collections.unmodifiableSet(trees.keySet());
    }

    /**
     * The live entries of a tree in the range. A cursor stays valid if the view is closed before
     * it.
     *
     * @throws IllegalArgumentException if the store had no such tree
     */
    public EntryCursor scan(String treeName, KeyRange range) throws IOException {
        TreeView tree = trees.get(treeName);
        if (tree == null) {
            throw new IllegalArgumentException(
                    "[tree " + treeName + "] is not in the view: trees=" + trees.keySet());
        }
        if (closed.get()) {
            throw new IllegalStateException(
                    "[tree " + treeName + "] the view is closed; take another");
        }
        return tree.view.scan(range, tree.operator);
    }

    /** Idempotent; any thread. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Cleanup.runAll(
                    trees.values().stream()
                            .<Runnable>map(tree -> tree.view::release)
                            .toArray(Runnable[]::new));
        }
    }
}
