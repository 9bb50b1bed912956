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
package io.flinklsm.examples.sql;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/** What the job on the embedded cluster shares with the test: its rows in, its results out. */
final class SqlJobExchange {

    private static final Map<String, List<Row>> RESULTS = new ConcurrentHashMap<>();
    private static volatile CountDownLatch sources = new CountDownLatch(0);

    private SqlJobExchange() {}

    static void reset(int sourceCount) {
        RESULTS.clear();
        sources = new CountDownLatch(sourceCount);
    }

    /** Waits until the sources have given all their rows away. */
    static void awaitSources() throws InterruptedException {
        sources.await();
    }

    /** Adds a change to the results of a query. */
    static void add(String query, Row change) {
        List<Row> rows = RESULTS.computeIfAbsent(query, name -> new ArrayList<>());
        RowKind kind = change.getKind();
        Row row = Row.copy(change);
        row.setKind(RowKind.INSERT);
        synchronized (rows) {
            if (kind == RowKind.INSERT || kind == RowKind.UPDATE_AFTER) {
                rows.add(row);
            } else {
                rows.remove(row);
            }
        }
    }

    /** The rows that a query has now, as values, in the order of their texts. */
    static List<List<Object>> results(String query) {
        List<List<Object>> values = new ArrayList<>();
        for (Row row : RESULTS.getOrDefault(query, List.of())) {
            List<Object> fields = new ArrayList<>();
            for (int i = 0; i < row.getArity(); i++) {
                fields.add(row.getField(i));
            }
            values.add(fields);
        }
        values.sort(Comparator.comparing(List::toString));
        return values;
    }

    /** Gives rows away and then stays, so that a checkpoint has all of them and nothing else. */
    @SuppressWarnings("deprecation")
    static final class Source implements SourceFunction<Row>, Serializable {
        private static final long serialVersionUID = 1L;

        private final ArrayList<Row> rows;
        private volatile boolean cancelled;

        Source(List<Row> rows) {
            this.rows = new ArrayList<>(rows);
        }

        @Override
        public void run(SourceContext<Row> context) throws InterruptedException {
            synchronized (context.getCheckpointLock()) {
                rows.forEach(context::collect);
            }
            sources.countDown();
            synchronized (this) {
                while (!cancelled) {
                    wait();
                }
            }
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            notifyAll();
        }
    }
}
