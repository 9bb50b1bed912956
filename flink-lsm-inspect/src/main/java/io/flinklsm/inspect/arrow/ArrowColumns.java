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

import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Leaf;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a state's entries, with the names that they have in the files:
 *
 * <pre>
 * key_group | key namespace map_key | ttl_timestamp value | _key     | _value
 *           | as far as typed       | as far as typed     | the whole key, if a part of it is
 *                                                           not typed
 *                                                                      | values that are not typed
 * </pre>
 */
public final class ArrowColumns {

    public static final String KEY_GROUP = "key_group";
    public static final String RAW_KEY = "_key";
    public static final String RAW_VALUE = "_value";

    private static final String OPAQUE = "opaque[";

    private final @Nullable EntryColumns columns;
    private final int keyGroupBytes;
    private final List<Column> all;

    /** Where a column comes from. */
    enum Source {
        KEY_GROUP,
        KEY,
        VALUE,
        RAW_KEY,
        RAW_VALUE
    }

    /**
     * @param fill for typed columns only
     */
    record Column(Source source, Field field, @Nullable VectorFill fill) {}

    private ArrowColumns(@Nullable EntryColumns columns, int keyGroupBytes, List<Column> all) {
        this.columns = columns;
        this.keyGroupBytes = keyGroupBytes;
        this.all = List.copyOf(all);
    }

    /**
     * @param columns null if nothing says the types
     * @param keyGroupBytes if columns are null; 0 if unknown
     * @param isQueue whether entries have no values
     */
    public static ArrowColumns of(
            @Nullable EntryColumns columns, int keyGroupBytes, boolean isQueue) {
        int prefix = columns == null ? keyGroupBytes : columns.keyGroupBytes();
        EntryBinding binding = columns == null ? null : new EntryBinding(columns);
        return new ArrowColumns(columns, prefix, list(prefix, isQueue, binding));
    }

    private static List<Column> list(
            int keyGroupBytes, boolean isQueue, @Nullable EntryBinding binding) {
        List<Column> list = new ArrayList<>();
        if (keyGroupBytes > 0) {
            ArrowType number = new ArrowType.Int(Integer.SIZE, true);
            list.add(new Column(Source.KEY_GROUP, Field.nullable(KEY_GROUP, number), null));
        }
        if (binding != null) {
            List<Leaf> leaves = new ArrayList<>(binding.keyLeaves());
            leaves.addAll(binding.valueLeaves());
            Iterator<Leaf> next = leaves.iterator();
            int keyLeavesLeft = binding.keyLeaves().size();
            for (ColumnNode node : binding.nodes()) {
                VectorFill fill = VectorFill.of(node, next);
                Source source = keyLeavesLeft > 0 ? Source.KEY : Source.VALUE;
                list.add(new Column(source, ArrowFields.of(node), fill));
                keyLeavesLeft -= fill.cursors().size();
            }
        }
        list.add(new Column(Source.RAW_KEY, bytes(RAW_KEY), null));
        if (!isQueue) {
            list.add(new Column(Source.RAW_VALUE, bytes(RAW_VALUE), null));
        }
        return list;
    }

    /** Whether the columns of the key say all of a key that fits them. */
    static boolean isKeyTyped(@Nullable EntryColumns columns, @Nullable EntryBinding binding) {
        return columns != null
                && binding != null
                && !binding.keyLeaves().isEmpty()
                && !columns.key().toString().contains(OPAQUE)
                && !columns.namespace().toString().contains(OPAQUE)
                && !String.valueOf(columns.mapKey()).contains(OPAQUE);
    }

    private static Field bytes(String name) {
        return Field.nullable(name, ArrowType.Binary.INSTANCE);
    }

    @Nullable EntryColumns entryColumns() {
        return columns;
    }

    int keyGroupBytes() {
        return keyGroupBytes;
    }

    /** The names, in order. */
    public List<String> names() {
        return all.stream().map(column -> column.field().getName()).toList();
    }

    /** Whether a field holds such instants, itself or inside. */
    public static boolean hasInstants(Field field) {
        return isInstant(field) || field.getChildren().stream().anyMatch(ArrowColumns::hasInstants);
    }

    /** The columns as fields of Arrow, in order. */
    public List<Field> fields() {
        return all.stream().map(Column::field).toList();
    }

    /** Whether a field holds instants although its type, which has nanoseconds, says no zone. */
    public static boolean isInstant(Field field) {
        return ArrowFields.isInstant(field);
    }

    /**
     * A reader's own columns with a binding of their own, those that are wanted, in order; at least
     * one, the cheapest.
     */
    List<Column> bind(@Nullable EntryBinding binding, Predicate<String> wanted) {
        boolean isQueue = all.stream().noneMatch(c -> c.source() == Source.RAW_VALUE);
        List<Column> own = list(keyGroupBytes, isQueue, binding);
        List<Column> chosen =
                own.stream().filter(column -> wanted.test(column.field().getName())).toList();
        return chosen.isEmpty() ? own.subList(0, 1) : chosen;
    }

    /** Whether a name is one of a set in lower case. */
    public static Predicate<String> oneOf(Set<String> lowerCaseNames) {
        return name -> lowerCaseNames.contains(name.toLowerCase(Locale.ROOT));
    }
}
