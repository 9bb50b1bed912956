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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.workload.ByteValues;
import io.flinklsm.benchmarks.workload.KeyOrder;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A ValueState of {@link ByteValues} under the keys from 0 on, and what it must answer. Several may
 * share the versions, one after the other: a backend and the one that is restored from it. Confined
 * to the task thread.
 */
final class KeyedByteValues {

    /** Bytes of a key and its value, as the user counts them. */
    static final int ENTRY_BYTES = Long.BYTES + ByteValues.LENGTH;

    private final String caseName;
    private final BenchmarkedBackend backend;
    private final ValueState<byte[]> state;
    private final Versions versions;

    /**
     * How often each key was rewritten since its load; after 255 times it begins again at 0.
     * Confined to the task thread.
     */
    static final class Versions {
        private final byte[] rewrites;

        /** No key was rewritten yet. */
        Versions(int keys) {
            rewrites = new byte[keys];
        }

        int keys() {
            return rewrites.length;
        }

        long of(long key) {
            return Byte.toUnsignedLong(rewrites[(int) key]);
        }

        long next(long key) {
            rewrites[(int) key]++;
            return of(key);
        }
    }

    /** The state {@code stateName} of a backend, which may hold what {@code versions} say. */
    KeyedByteValues(
            String caseName, BenchmarkedBackend backend, String stateName, Versions versions)
            throws Exception {
        this.caseName = caseName;
        this.backend = backend;
        this.versions = versions;
        state =
                backend.state(
                        new ValueStateDescriptor<>(
                                stateName, BytePrimitiveArraySerializer.INSTANCE));
    }

    /** Puts the first value of a key, or the one it has again. */
    long load(long key) throws Exception {
        backend.setKey(key);
        state.update(ByteValues.of(key, versions.of(key)));
        return key;
    }

    /** Puts the next value of a key without reading the one before. */
    long overwrite(long key) throws Exception {
        backend.setKey(key);
        state.update(ByteValues.of(key, versions.next(key)));
        return key;
    }

    /**
     * Gets the value of a key.
     *
     * @throws IllegalStateException if it is another or none
     */
    long get(long key) throws Exception {
        backend.setKey(key);
        @Nullable byte[] value = state.value();
        if (value == null) {
            throw new IllegalStateException(
                    "[case " + caseName + "] no value where there must be one: key=" + key);
        }
        return ByteValues.check(caseName, key, versions.of(key), value);
    }

    /** Gets the value of a key and puts the next one. */
    long modify(long key) throws Exception {
        long answer = get(key);
        state.update(ByteValues.of(key, versions.next(key)));
        return answer;
    }

    /** Loads all keys of the backend in an order. */
    void loadAll(KeyOrder order) throws Exception {
        for (int i = 0; i < order.count(); i++) {
            if (backend.spec().owns(order.at(i))) {
                load(order.at(i));
            }
        }
    }

    /** Gets about so many of the backend's keys, evenly spread. */
    void checkSome(int count) throws Exception {
        int step = Math.max(1, versions.keys() / count);
        for (int key = 0; key < versions.keys(); key += step) {
            if (backend.spec().owns(key)) {
                get(key);
            }
        }
    }
}
