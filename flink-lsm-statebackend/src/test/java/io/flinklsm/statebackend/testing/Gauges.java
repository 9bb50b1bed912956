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
package io.flinklsm.statebackend.testing;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/** Keeps the gauges that a backend registers, each under the names of its groups. Any thread. */
public final class Gauges extends UnregisteredMetricsGroup {

    private final String prefix;
    private final Map<String, Gauge<?>> gauges;

    public Gauges() {
        this("", new ConcurrentHashMap<>());
    }

    private Gauges(String prefix, Map<String, Gauge<?>> gauges) {
        this.prefix = prefix;
        this.gauges = gauges;
    }

    /**
     * The present value of a gauge.
     *
     * @param name as in {@code lsm.async.batches}
     */
    public long value(String name) {
        Gauge<?> gauge = Objects.requireNonNull(gauges.get(name), name);
        return ((Number) gauge.getValue()).longValue();
    }

    @Override
    public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
        gauges.put(prefix + name, gauge);
        return gauge;
    }

    @Override
    public MetricGroup addGroup(String name) {
        return new Gauges(prefix + name + ".", gauges);
    }
}
