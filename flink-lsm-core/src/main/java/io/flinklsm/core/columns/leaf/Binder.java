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
package io.flinklsm.core.columns.leaf;

import io.flinklsm.core.bytes.Unicode;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.ColumnNode.Repetition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Collects the columns that types ask for while they are bound: the schema tree and the leaves in
 * its order, with their levels. Confined to one thread.
 */
public final class Binder {

    private final Deque<Frame> frames = new ArrayDeque<>();
    private final List<Leaf> leaves = new ArrayList<>();

    public Binder() {
        frames.push(new Frame("", Repetition.REQUIRED, Annotation.NONE, 0, 0));
    }

    /** A group being built; its levels are those of a value in it. */
    private static final class Frame {
        final String name;
        final Repetition repetition;
        final Annotation annotation;
        final int definitionLevel;
        final int repetitionLevel;
        final List<ColumnNode> children = new ArrayList<>();
        final Set<String> names = new HashSet<>();

        Frame(
                String name,
                Repetition repetition,
                Annotation annotation,
                int definitionLevel,
                int repetitionLevel) {
            this.name = name;
            this.repetition = repetition;
            this.annotation = annotation;
            this.definitionLevel = definitionLevel;
            this.repetitionLevel = repetitionLevel;
        }

        /** Engines that do not tell upper from lower case must be able to tell the names apart. */
        String uniqueName(String wanted) {
            // Parquet's names are UTF-8; the type's text keeps the name as it is.
            String said = Unicode.isWellFormed(wanted) ? wanted : Unicode.escape(wanted);
            String base = said.isEmpty() ? "_" : said;
            String unique = base;
            for (int i = 2; !names.add(unique.toLowerCase(Locale.ROOT)); i++) {
                unique = base + "_" + i;
            }
            return unique;
        }
    }

    private Frame top() {
        return frames.element();
    }

    /** Definition level of what is directly inside the current group, if it is required. */
    public int definition() {
        return top().definitionLevel;
    }

    /** Repetition level of what is directly inside the current group. */
    public int repetition() {
        return top().repetitionLevel;
    }

    public void open(String name, Repetition repetition, Annotation annotation) {
        Frame parent = top();
        frames.push(
                new Frame(
                        parent.uniqueName(name),
                        repetition,
                        annotation,
                        parent.definitionLevel + (repetition == Repetition.REQUIRED ? 0 : 1),
                        parent.repetitionLevel + (repetition == Repetition.REPEATED ? 1 : 0)));
    }

    public void close() {
        if (frames.size() == 1) {
            throw new IllegalStateException(
                    "a group is closed that was not opened: columns=" + leaves.size());
        }
        Frame group = frames.pop();
        // Parquet has no groups without children.
        if (group.children.isEmpty()) {
            throw new IllegalStateException("a group has no columns: name=" + group.name);
        }
        top().children
                .add(
                        new ColumnNode(
                                group.name,
                                group.repetition,
                                null,
                                group.annotation,
                                group.children));
    }

    public Leaf leaf(String name, boolean optional, Physical physical, Annotation annotation) {
        Frame parent = top();
        String unique = parent.uniqueName(name);
        parent.children.add(
                new ColumnNode(
                        unique,
                        optional ? Repetition.OPTIONAL : Repetition.REQUIRED,
                        physical,
                        annotation,
                        List.of()));
        List<String> path = new ArrayList<>();
        frames.descendingIterator().forEachRemaining(frame -> path.add(frame.name));
        path.remove(0);
        path.add(unique);
        Leaf leaf =
                new Leaf(
                        new LeafColumn(
                                path,
                                physical,
                                annotation,
                                parent.definitionLevel + (optional ? 1 : 0),
                                parent.repetitionLevel));
        leaves.add(leaf);
        return leaf;
    }

    /** The leaves so far. */
    public List<Leaf> leaves() {
        return leaves;
    }

    /** The schema below the root, once all groups are closed. */
    public List<ColumnNode> nodes() {
        Invariants.check(
                frames.size() == 1,
                "columns are asked for while groups are open",
                "open",
                frames.size() - 1);
        return top().children;
    }
}
