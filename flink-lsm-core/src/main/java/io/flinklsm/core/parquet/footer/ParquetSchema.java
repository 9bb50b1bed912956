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
package io.flinklsm.core.parquet.footer;

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.ColumnNode;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import io.flinklsm.core.parquet.page.ColumnSpec;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.DateType;
import org.apache.parquet.format.DecimalType;
import org.apache.parquet.format.EnumType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.IntType;
import org.apache.parquet.format.ListType;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.MapType;
import org.apache.parquet.format.MicroSeconds;
import org.apache.parquet.format.MilliSeconds;
import org.apache.parquet.format.NanoSeconds;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.TimeType;
import org.apache.parquet.format.TimeUnit;
import org.apache.parquet.format.TimestampType;

/**
 * The schema of a file as Parquet's footer has it: the root, then what is below it, depth first.
 */
final class ParquetSchema {

    private static final LogicalType ENUM = LogicalType.ENUM(new EnumType());

    private ParquetSchema() {}

    /** The schema of these columns, the root first. */
    static List<SchemaElement> of(String rootName, List<ColumnNode> nodes) {
        List<SchemaElement> elements = new ArrayList<>();
        elements.add(new SchemaElement(rootName).setNum_children(nodes.size()));
        nodes.forEach(node -> add(node, elements));
        return elements;
    }

    /** Checks that a schema is the expected one, to the last element. */
    static void checkSame(List<SchemaElement> expected, List<SchemaElement> found)
            throws MalformedPageException {
        for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
            if (i >= expected.size()
                    || i >= found.size()
                    || !isSame(expected.get(i), found.get(i))) {
                throw new MalformedPageException(
                        "the schema is not that of the file's columns: element="
                                + i
                                + ", found="
                                + (i < found.size() ? found.get(i).getName() : "nothing")
                                + ", expected="
                                + (i < expected.size() ? expected.get(i).getName() : "nothing"));
            }
        }
    }

    /** Whether an element is as expected; the first builds of format 1 annotated enums as such. */
    private static boolean isSame(SchemaElement expected, SchemaElement found) {
        if (expected.equals(found)) {
            return true;
        }
        if (!ENUM.equals(found.getLogicalType())) {
            return false;
        }
        return expected.equals(
                new SchemaElement(found)
                        .setLogicalType(LogicalType.STRING(new StringType()))
                        .setConverted_type(ConvertedType.UTF8));
    }

    private static void add(ColumnNode node, List<SchemaElement> elements) {
        SchemaElement element = new SchemaElement(node.name());
        element.setRepetition_type(
                switch (node.repetition()) {
                    case REQUIRED -> FieldRepetitionType.REQUIRED;
                    case OPTIONAL -> FieldRepetitionType.OPTIONAL;
                    case REPEATED -> FieldRepetitionType.REPEATED;
                });
        annotate(element, node.annotation());
        Physical physical = node.physical();
        if (physical != null) {
            element.setType(ColumnSpec.type(physical));
        } else {
            element.setNum_children(node.children().size());
        }
        elements.add(element);
        node.children().forEach(child -> add(child, elements));
    }

    /** The converted types are for readers that know no logical types. */
    private static void annotate(SchemaElement element, Annotation annotation) {
        switch (annotation.kind()) {
            case NONE -> {}
            // Many readers show what is annotated as ENUM as bytes.
            case STRING, ENUM ->
                    element.setLogicalType(LogicalType.STRING(new StringType()))
                            .setConverted_type(ConvertedType.UTF8);
            case LIST ->
                    element.setLogicalType(LogicalType.LIST(new ListType()))
                            .setConverted_type(ConvertedType.LIST);
            case MAP ->
                    element.setLogicalType(LogicalType.MAP(new MapType()))
                            .setConverted_type(ConvertedType.MAP);
            case DATE ->
                    element.setLogicalType(LogicalType.DATE(new DateType()))
                            .setConverted_type(ConvertedType.DATE);
            case INTEGER ->
                    element.setLogicalType(
                            LogicalType.INTEGER(
                                    new IntType(
                                            (byte) annotation.first(), annotation.second() == 1)));
            case DECIMAL -> {
                element.setLogicalType(
                        LogicalType.DECIMAL(
                                new DecimalType(annotation.second(), annotation.first())));
                element.setConverted_type(ConvertedType.DECIMAL);
                element.setPrecision(annotation.first());
                element.setScale(annotation.second());
            }
            case TIME_MILLIS ->
                    element.setLogicalType(
                            LogicalType.TIME(
                                    new TimeType(false, TimeUnit.MILLIS(new MilliSeconds()))));
            case TIME_NANOS ->
                    element.setLogicalType(
                            LogicalType.TIME(
                                    new TimeType(false, TimeUnit.NANOS(new NanoSeconds()))));
            case TIMESTAMP_MILLIS ->
                    setTimestamp(element, annotation, TimeUnit.MILLIS(new MilliSeconds()));
            case TIMESTAMP_MICROS ->
                    setTimestamp(element, annotation, TimeUnit.MICROS(new MicroSeconds()));
            case TIMESTAMP_NANOS ->
                    setTimestamp(element, annotation, TimeUnit.NANOS(new NanoSeconds()));
        }
    }

    private static void setTimestamp(SchemaElement element, Annotation annotation, TimeUnit unit) {
        element.setLogicalType(
                LogicalType.TIMESTAMP(new TimestampType(annotation.first() == 1, unit)));
    }
}
