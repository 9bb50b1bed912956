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
package io.flinklsm.inspect.arrow;

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafCursor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.jspecify.annotations.Nullable;

/**
 * Fills the vector of a column from the levels and values of its leaves, value by value. The tree
 * of fills has the shape of the schema, without the groups in the middle of lists and maps.
 * Confined to one thread.
 */
abstract class VectorFill {

    /** Definition level at which the value is there. */
    final int definition;

    private final List<LeafCursor> cursors;

    VectorFill(int definition, List<LeafCursor> cursors) {
        this.definition = definition;
        this.cursors = List.copyOf(cursors);
    }

    /**
     * The fill of a column of the row.
     *
     * @param leaves of the whole row; those of the column are taken
     */
    static VectorFill of(ColumnNode node, Iterator<Leaf> leaves) {
        return of(node, 0, 0, leaves);
    }

    private static VectorFill of(
            ColumnNode node, int outerDefinition, int outerRepetition, Iterator<Leaf> leaves) {
        int definition =
                outerDefinition + (node.repetition() == ColumnNode.Repetition.REQUIRED ? 0 : 1);
        if (node.physical() != null) {
            return ScalarFill.of(definition, node.annotation(), leaves.next().cursor());
        }
        List<VectorFill> children = new ArrayList<>();
        ColumnNode first = node.children().get(0);
        boolean isRepeated = first.repetition() == ColumnNode.Repetition.REPEATED;
        int inner = definition + (isRepeated ? 1 : 0);
        int repetition = outerRepetition + (isRepeated ? 1 : 0);
        for (ColumnNode child : isRepeated ? first.children() : node.children()) {
            children.add(of(child, inner, repetition, leaves));
        }
        if (!isRepeated) {
            return new Struct(definition, children);
        }
        boolean isMap = node.annotation().kind() == Annotation.Kind.MAP;
        // The entries of a map are a struct without levels of its own.
        VectorFill element = isMap ? new Struct(inner, children) : children.get(0);
        return new Repeated(definition, repetition, element);
    }

    final List<LeafCursor> cursors() {
        return cursors;
    }

    final void seekRow(int row) {
        for (int i = 0; i < cursors.size(); i++) {
            cursors.get(i).seekRow(row);
        }
    }

    final boolean isThere() {
        return cursors.get(0).definition() >= definition;
    }

    /** Passes over a null in all leaves. */
    final void skip() {
        for (int i = 0; i < cursors.size(); i++) {
            cursors.get(i).next();
        }
    }

    /** The vector that the next values go to. */
    abstract void bind(FieldVector vector);

    /** Takes the current value of the leaves into this place of the vector. */
    abstract void fill(int index);

    private static List<LeafCursor> cursorsOf(List<VectorFill> children) {
        List<LeafCursor> all = new ArrayList<>();
        children.forEach(child -> all.addAll(child.cursors()));
        return all;
    }

    /** Fields beside each other. */
    private static final class Struct extends VectorFill {
        private final List<VectorFill> children;
        private @Nullable StructVector vector;

        Struct(int definition, List<VectorFill> children) {
            super(definition, cursorsOf(children));
            this.children = List.copyOf(children);
        }

        @Override
        void bind(FieldVector bound) {
            StructVector struct = (StructVector) bound;
            vector = struct;
            for (int i = 0; i < children.size(); i++) {
                children.get(i).bind((FieldVector) struct.getVectorById(i));
            }
        }

        @Override
        void fill(int index) {
            StructVector struct = checkBound(vector);
            if (!isThere()) {
                skip();
                struct.setNull(index);
                return;
            }
            struct.setIndexDefined(index);
            for (int i = 0; i < children.size(); i++) {
                children.get(i).fill(index);
            }
        }
    }

    /** A list, or a map, which is a list of entries. */
    private static final class Repeated extends VectorFill {
        private final int repetition;
        private final VectorFill element;
        private @Nullable ListVector vector;
        private int elements;

        Repeated(int definition, int repetition, VectorFill element) {
            super(definition, element.cursors());
            this.repetition = repetition;
            this.element = element;
        }

        @Override
        void bind(FieldVector bound) {
            ListVector list = (ListVector) bound;
            vector = list;
            elements = 0;
            element.bind(list.getDataVector());
        }

        @Override
        void fill(int index) {
            ListVector list = checkBound(vector);
            LeafCursor first = cursors().get(0);
            if (first.definition() < definition) {
                skip();
                list.setNull(index);
                return;
            }
            list.startNewValue(index);
            int count = 0;
            if (first.definition() <= definition) {
                skip();
            } else {
                do {
                    element.fill(elements + count);
                    count++;
                } while (first.isInRow() && first.repetition() == repetition);
            }
            elements += count;
            list.endValue(index, count);
        }
    }

    static <V> V checkBound(@Nullable V vector) {
        if (vector == null) {
            throw new IllegalStateException("no vector is bound");
        }
        return vector;
    }
}
