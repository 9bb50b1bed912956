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
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;

/** Keeps the metrics that a backend registers, each under the names of its groups. Any thread. */
public final class Gauges extends UnregisteredMetricsGroup {

    private final String prefix;
    private final Map<String, Gauge<?>> gauges;
    private final Map<String, Histogram> histograms;

    public Gauges() {
        this("", new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }

    private Gauges(String prefix, Map<String, Gauge<?>> gauges, Map<String, Histogram> histograms) {
        this.prefix = prefix;
        this.gauges = gauges;
        this.histograms = histograms;
    }

    /** Of all that was registered. */
    public Set<String> names() {
        Set<String> names = new TreeSet<>(gauges.keySet());
        names.addAll(histograms.keySet());
        return names;
    }

    /** The names of those that are above zero, or have counted anything. */
    public Set<String> moved() {
        Set<String> moved = new TreeSet<>();
        gauges.forEach(
                (name, gauge) -> {
                    if (((Number) gauge.getValue()).longValue() > 0) {
                        moved.add(name);
                    }
                });
        histograms.forEach(
                (name, histogram) -> {
                    if (histogram.getCount() > 0) {
                        moved.add(name);
                    }
                });
        return moved;
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
    public <H extends Histogram> H histogram(String name, H histogram) {
        histograms.put(prefix + name, histogram);
        return histogram;
    }

    @Override
    public MetricGroup addGroup(String name) {
        return new Gauges(prefix + name + ".", gauges, histograms);
    }

    @Override
    public MetricGroup addGroup(String key, String value) {
        return addGroup(key).addGroup(value);
    }
}
