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
package io.flinklsm.benchmarks.jobs;

import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;

/** Folds a changelog of rows into the {@link ResultDigest} of this JVM. */
final class DigestSink implements Sink<RowData> {

    private static final long serialVersionUID = 1L;

    private final RowType type;

    DigestSink(RowType type) {
        this.type = type;
    }

    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) {
        return new Writer(new RowDataSerializer(type));
    }

    private static final class Writer implements SinkWriter<RowData> {

        private final RowDataSerializer serializer;

        Writer(RowDataSerializer serializer) {
            this.serializer = serializer;
        }

        @Override
        public void write(RowData row, Context context) {
            RowKind kind = row.getRowKind();
            BinaryRowData binary = serializer.toBinaryRow(row);
            // The kind stands in the row's first byte; it is no part of the row's value.
            RowKind before = binary.getRowKind();
            binary.setRowKind(RowKind.INSERT);
            long hash =
                    ResultDigest.hash(
                            binary.getSegments()[0], binary.getOffset(), binary.getSizeInBytes());
            binary.setRowKind(before);
            boolean adds = kind == RowKind.INSERT || kind == RowKind.UPDATE_AFTER;
            ResultDigest.fold(adds, hash);
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public void close() {
            JobClock.taskEnds();
        }
    }
}
