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
package io.flinklsm.core.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Trees of budgets with reserves, against a model that adds everything up anew: what is given is
 * what limits and reserves allow, to the byte.
 */
final class MemoryBudgetModelTest {

    /** A budget as it should be. */
    private static final class Node {

        final MemoryBudget budget;
        final @Nullable Node parent;
        final long reserve;
        final long limit;
        final List<Node> children = new ArrayList<>();
        long own;

        Node(MemoryBudget budget, @Nullable Node parent, long reserve, long limit) {
            this.budget = budget;
            this.parent = parent;
            this.reserve = reserve;
            this.limit = limit;
        }

        long used() {
            long used = own;
            for (Node child : children) {
                used += child.used();
            }
            return used;
        }

        /** What is used, or set aside for a child. */
        long committed() {
            long committed = own;
            for (Node child : children) {
                committed += Math.max(child.reserve, child.committed());
            }
            return committed;
        }

        /** Whether so many more bytes fit here and in all that is above. */
        boolean fits(long bytes) {
            own += bytes;
            boolean fits = true;
            for (Node node = this; node != null; node = node.parent) {
                fits &= node.committed() <= node.limit;
            }
            own -= bytes;
            return fits;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsGivenIsWhatLimitsAndReservesAllow(long seed) {
        Random random = new Random(seed);
        List<Node> nodes = new ArrayList<>();
        Node root = new Node(MemoryBudget.root("root", 1000), null, 0, 1000);
        nodes.add(root);
        for (int step = 0; step < 20_000; step++) {
            Node node = nodes.get(random.nextInt(nodes.size()));
            String where = "seed " + seed + ", step " + step;
            switch (random.nextInt(6)) {
                case 0 -> {
                    if (nodes.size() < 8) {
                        addChild(node, random, nodes, where);
                    }
                }
                case 1 -> {
                    if (node.parent != null && node.children.isEmpty() && node.own == 0) {
                        node.budget.close();
                        node.parent.children.remove(node);
                        nodes.remove(node);
                    }
                }
                case 2 -> {
                    long bytes = random.nextInt((int) node.own + 1);
                    node.budget.unreserve(bytes);
                    node.own -= bytes;
                }
                default -> {
                    long bytes = random.nextInt(200);
                    boolean fits = node.fits(bytes);
                    boolean given =
                            random.nextBoolean()
                                    ? node.budget.tryReserve(bytes)
                                    : node.budget.tryReserveFree(bytes);
                    assertThat(given).as(where).isEqualTo(fits);
                    node.own += given ? bytes : 0;
                }
            }
            for (Node each : nodes) {
                assertThat(each.budget.usedBytes()).as(where).isEqualTo(each.used());
                assertThat(each.budget.peakBytes()).isGreaterThanOrEqualTo(each.used());
            }
        }
        for (Node node : nodes) {
            node.budget.unreserve(node.own);
        }
        root.budget.close();
    }

    private static void addChild(Node node, Random random, List<Node> nodes, String where) {
        long limit = random.nextInt(1200);
        long reserve = random.nextBoolean() ? 0 : random.nextInt((int) limit + 1);
        boolean fits = node.fits(reserve);
        MemoryBudget budget = null;
        try {
            budget = node.budget.child("child", reserve, limit);
        } catch (IllegalArgumentException e) {
            assertThat(e).as(where).hasMessageContaining("has not enough left");
        }
        assertThat(budget != null).as(where).isEqualTo(fits);
        if (budget != null) {
            Node child = new Node(budget, node, reserve, limit);
            node.children.add(child);
            nodes.add(child);
        }
    }

    @Test
    void manyThreadsOnManyBudgetsLeaveNothingBehind() throws Exception {
        MemoryBudget root = MemoryBudget.root("root", 1 << 20);
        MemoryBudget[] budgets = {
            root, root.child("a", 1 << 16, 1 << 19), root.child("b", 0, 1 << 18)
        };
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Long>> tasks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                long seed = i;
                tasks.add(() -> takeAndGiveBack(budgets, new Random(seed)));
            }
            for (Future<Long> overruns : threads.invokeAll(tasks)) {
                assertThat(overruns.get()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }

        for (MemoryBudget budget : budgets) {
            assertThat(budget.usedBytes()).isZero();
            assertThat(budget.peakBytes()).isPositive().isLessThanOrEqualTo(budget.limitBytes());
        }
        root.close();
    }

    private static long takeAndGiveBack(MemoryBudget[] budgets, Random random) {
        long overruns = 0;
        List<MemoryBlock> blocks = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            MemoryBudget budget = budgets[random.nextInt(budgets.length)];
            MemoryBlock block =
                    random.nextBoolean()
                            ? budget.tryAllocate(1 + random.nextInt(1 << 14))
                            : budget.tryAllocateFree(1 + random.nextInt(1 << 14));
            if (block != null) {
                blocks.add(block);
            }
            overruns += budget.usedBytes() > budget.limitBytes() ? 1 : 0;
            if (block == null || blocks.size() > 30) {
                blocks.forEach(MemoryBlock::release);
                blocks.clear();
            }
        }
        blocks.forEach(MemoryBlock::release);
        return overruns;
    }
}
