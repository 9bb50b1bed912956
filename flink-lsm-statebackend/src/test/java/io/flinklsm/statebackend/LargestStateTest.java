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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.LsmTree;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The largest values and lists, in a pool of 32 MB and in the least that there is. What the heap
 * must hold is the object that Flink takes and the bytes it is made of, so the heap of these tests
 * is a part of the test: with {@code -Dflinklsm.large=true} they have their full size, and need
 * what docs/testing.md says.
 */
class LargestStateTest {

    /** With less, the backend takes as much. */
    private static final String LEAST_MEMORY = "8m";

    private static final int MEGABYTE = 1 << 20;
    private static final boolean IS_FULL = Boolean.getBoolean("flinklsm.large");

    /** Above what a memtable can hold of one value in any pool, and in full the promised sizes. */
    private static final int VALUE_BYTES = (IS_FULL ? 256 : 96) * MEGABYTE;

    private static final int LIST_ELEMENTS = IS_FULL ? 1024 : 264;

    private static final ValueStateDescriptor<byte[]> VALUE =
            new ValueStateDescriptor<>("value", BytePrimitiveArraySerializer.INSTANCE);
    private static final ListStateDescriptor<byte[]> LIST =
            new ListStateDescriptor<>("list", BytePrimitiveArraySerializer.INSTANCE);

    @TempDir Path root;
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, 4);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {LEAST_MEMORY, "32m"})
    void largestValue(String memory) throws Exception {
        AbstractKeyedStateBackend<Integer> backend = create(memory, null);
        backend.setCurrentKey(1);
        value(backend).update(element(1, VALUE_BYTES));
        checkElement(value(backend).value(), 1, VALUE_BYTES);
        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        KeyedStateHandle savepoint = harness.canonicalSavepoint(backend, 2);
        harness.dispose(backend);

        for (KeyedStateHandle handle : List.of(checkpoint, savepoint)) {
            AbstractKeyedStateBackend<Integer> restored = create(memory, handle);
            restored.setCurrentKey(1);
            checkElement(value(restored).value(), 1, VALUE_BYTES);
            harness.dispose(restored);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {LEAST_MEMORY, "32m"})
    void longestListAddedOneByOne(String memory) throws Exception {
        AbstractKeyedStateBackend<Integer> backend = create(memory, null);
        backend.setCurrentKey(1);
        ListState<byte[]> list = list(backend);
        for (int i = 0; i < LIST_ELEMENTS; i++) {
            list.add(element(i, MEGABYTE));
        }
        checkList(list);
        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        KeyedStateHandle savepoint = harness.canonicalSavepoint(backend, 2);
        harness.dispose(backend);

        for (KeyedStateHandle handle : List.of(checkpoint, savepoint)) {
            AbstractKeyedStateBackend<Integer> restored = create(memory, handle);
            restored.setCurrentKey(1);
            checkList(list(restored));
            harness.dispose(restored);
        }
    }

    /** It takes 1.5 GiB of disk several times over. */
    @Test
    @EnabledIfSystemProperty(named = "flinklsm.large", matches = "true")
    void listThatTakesNoMoreIsRefusedWhenItIsAddedTo() throws Exception {
        AbstractKeyedStateBackend<Integer> backend = create("32m", null);
        backend.setCurrentKey(1);
        ListState<byte[]> list = list(backend);
        int fitting = LsmTree.APPENDED_VALUE_BYTES_MAX / (MEGABYTE + 5);
        for (int i = 0; i < fitting; i++) {
            list.add(element(i, MEGABYTE));
        }

        assertThatThrownBy(() -> list.add(element(0, MEGABYTE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kv/list")
                .hasMessageContaining("maximum=" + LsmTree.APPENDED_VALUE_BYTES_MAX);

        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        harness.dispose(backend);
        AbstractKeyedStateBackend<Integer> restored = create("32m", checkpoint);
        restored.setCurrentKey(1);
        assertThatThrownBy(() -> list(restored).add(element(0, MEGABYTE)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static void checkList(ListState<byte[]> list) throws Exception {
        int i = 0;
        for (byte[] element : list.get()) {
            checkElement(element, i++, MEGABYTE);
        }
        assertThat(i).isEqualTo(LIST_ELEMENTS);
    }

    private static byte[] element(int number, int byteCount) {
        byte[] element = new byte[byteCount];
        Arrays.fill(element, (byte) number);
        element[0] = (byte) (number >> 8);
        return element;
    }

    private static void checkElement(byte[] element, int number, int byteCount) {
        assertThat(element.length).isEqualTo(byteCount);
        assertThat(element[0]).isEqualTo((byte) (number >> 8));
        for (int at = 1; at < byteCount; at++) {
            if (element[at] != (byte) number) {
                throw new AssertionError("element " + number + " differs at " + at);
            }
        }
    }

    private AbstractKeyedStateBackend<Integer> create(String memory, KeyedStateHandle handle)
            throws Exception {
        LsmStateBackend backend =
                new LsmStateBackend(true)
                        .set(LsmBackendOptions.FIXED_MEMORY_PER_SLOT, MemorySize.parse(memory));
        return harness.restore(
                backend,
                IntSerializer.INSTANCE,
                harness.allKeyGroups(),
                handle == null ? List.of() : List.of(handle));
    }

    private static ValueState<byte[]> value(AbstractKeyedStateBackend<Integer> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, VALUE);
    }

    private static ListState<byte[]> list(AbstractKeyedStateBackend<Integer> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, LIST);
    }
}
