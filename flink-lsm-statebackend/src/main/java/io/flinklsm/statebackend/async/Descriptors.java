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
package io.flinklsm.statebackend.async;

import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory;
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.apache.flink.runtime.state.v2.ttl.TtlStateFactory.TtlSerializer;

/**
 * Descriptors of V2 states as those of V1. The store knows all states by their V1 descriptors: so a
 * checkpoint does not tell through which interface it was written, and either may read it.
 */
public final class Descriptors {

    private Descriptors() {}

    /**
     * The V1 descriptor with the same name, serializers, functions and TTL. Values with TTL, for
     * which the two interfaces have a serializer class each with one format, get that of V1.
     *
     * @param descriptor with serializers
     * @param userSerializer of the value, list element or map value without TTL
     */
    public static StateDescriptor<?, ?> toV1(
            org.apache.flink.api.common.state.v2.StateDescriptor<?> descriptor,
            TypeSerializer<?> userSerializer) {
        StateDescriptor<?, ?> v1 =
                descriptor.getSerializer() instanceof TtlSerializer
                        ? withSerializer(descriptor, ttlSerializer(userSerializer))
                        : withSerializer(descriptor, descriptor.getSerializer());
        if (descriptor.getTtlConfig().isEnabled()) {
            v1.enableTimeToLive(descriptor.getTtlConfig());
        }
        return v1;
    }

    private static <T> TypeSerializer<TtlValue<T>> ttlSerializer(TypeSerializer<T> serializer) {
        return new TtlStateFactory.TtlSerializer<>(LongSerializer.INSTANCE, serializer);
    }

    @SuppressWarnings("unchecked")
    private static <V> StateDescriptor<?, ?> withSerializer(
            org.apache.flink.api.common.state.v2.StateDescriptor<?> descriptor,
            TypeSerializer<V> serializer) {
        String name = descriptor.getStateId();
        return switch (descriptor.getType()) {
            case VALUE -> new ValueStateDescriptor<>(name, serializer);
            case LIST -> new ListStateDescriptor<>(name, serializer);
            case MAP ->
                    new MapStateDescriptor<>(
                            name,
                            ((org.apache.flink.api.common.state.v2.MapStateDescriptor<?, ?>)
                                            descriptor)
                                    .getUserKeySerializer(),
                            serializer);
            case REDUCING ->
                    new ReducingStateDescriptor<>(
                            name,
                            ((org.apache.flink.api.common.state.v2.ReducingStateDescriptor<V>)
                                            descriptor)
                                    .getReduceFunction(),
                            serializer);
            case AGGREGATING ->
                    new AggregatingStateDescriptor<>(
                            name,
                            ((org.apache.flink.api.common.state.v2.AggregatingStateDescriptor<
                                                    ?, V, ?>)
                                            descriptor)
                                    .getAggregateFunction(),
                            serializer);
        };
    }
}
