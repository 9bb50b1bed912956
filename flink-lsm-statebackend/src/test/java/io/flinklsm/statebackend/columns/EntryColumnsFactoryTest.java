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
package io.flinklsm.statebackend.columns;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import java.util.Arrays;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializer;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.junit.jupiter.api.Test;

final class EntryColumnsFactoryTest {

    private static final TypeSerializer<String> STRING = StringSerializer.INSTANCE;

    private final EntryColumnsFactory factory = new EntryColumnsFactory(STRING, 128);

    @Test
    void aValueIsAsItsSerializerWritesIt() {
        assertThat(
                        factory.ofState(
                                        StateDescriptor.Type.VALUE,
                                        VoidNamespaceSerializer.INSTANCE,
                                        LongSerializer.INSTANCE)
                                .toString())
                .isEqualTo(
                        "value[\"1\",\"0\"](\"key\":string,\"namespace\":void,\"map_key\":none,\"value\":int64)");
    }

    @Test
    void keyAndNamespaceOfVariableLengthAreFollowedByTheirs() {
        EntryColumns columns =
                new EntryColumnsFactory(STRING, 1000)
                        .ofState(StateDescriptor.Type.REDUCING, STRING, LongSerializer.INSTANCE);

        assertThat(columns.hasLengths()).isTrue();
        assertThat(columns.keyGroupBytes()).isEqualTo(2);
        assertThat(columns.kind()).isEqualTo(StateKind.REDUCING);
        assertThat(
                        factory.ofState(
                                        StateDescriptor.Type.VALUE,
                                        new TimeWindow.Serializer(),
                                        LongSerializer.INSTANCE)
                                .hasLengths())
                .isFalse();
    }

    @Test
    void aMapIsARowForEachEntryAndAListIsDelimited() {
        TypeSerializer<?> ttl =
                new TtlStateFactory.TtlSerializer<>(LongSerializer.INSTANCE, STRING);

        EntryColumns map =
                factory.ofState(
                        StateDescriptor.Type.MAP,
                        VoidNamespaceSerializer.INSTANCE,
                        new MapSerializer<>(IntSerializer.INSTANCE, ttl));
        EntryColumns list =
                factory.ofState(
                        StateDescriptor.Type.LIST,
                        VoidNamespaceSerializer.INSTANCE,
                        new ListSerializer<>(ttl));

        assertThat(map.mapKey()).hasToString("int32");
        assertThat(map.value()).hasToString("nullable(ttl(string))");
        assertThat(list.value()).hasToString("delimited(ttl(string))");
    }

    @Test
    void aListInAValueStateIsCounted() {
        assertThat(
                        factory.ofState(
                                        StateDescriptor.Type.VALUE,
                                        VoidNamespaceSerializer.INSTANCE,
                                        new ListSerializer<>(STRING))
                                .value())
                .hasToString("list(string)");
    }

    @Test
    void aQueueOfTimersHasTheirParts() {
        EntryColumns columns =
                factory.ofQueue(new TimerSerializer<>(STRING, new TimeWindow.Serializer()));

        assertThat(columns.kind()).isEqualTo(StateKind.QUEUE);
        assertThat(columns.value()).isNull();
        assertThat(columns.key())
                .hasToString(
                        "timer(\"key\":string,\"namespace\":struct(\"start\":int64,\"end\":int64))");
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void whatWouldTakeTooManyColumnsOrIsNestedTooDeepStaysBytes() {
        TypeSerializer<?> nested = STRING;
        for (int i = 0; i < 60; i++) {
            nested = new ListSerializer<>(nested);
        }
        TypeSerializer<?>[] tuple = new TypeSerializer<?>[2];
        TypeSerializer<?> wide = STRING;
        for (int i = 0; i < 10; i++) {
            Arrays.fill(tuple, wide);
            wide = new TupleSerializer(Tuple2.class, tuple.clone());
        }

        assertThat(value(nested)).startsWith("opaque").contains("nested deeper");
        assertThat(value(wide)).startsWith("opaque").contains("more than 256 columns");
    }

    private String value(TypeSerializer<?> serializer) {
        return String.valueOf(
                factory.ofState(
                                StateDescriptor.Type.VALUE,
                                VoidNamespaceSerializer.INSTANCE,
                                serializer)
                        .value());
    }
}
