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
package io.flinklsm.statebackend.snapshot;

import java.util.concurrent.atomic.LongAdder;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * Counts the files of a backend that go to the checkpoint storage, and come from it. Any thread.
 */
public final class TransferCounters {

    /** What percentiles are taken of: the latest so many. */
    private static final int WINDOW = 256;

    private final LongAdder uploadedFiles = new LongAdder();
    private final LongAdder uploadedBytes = new LongAdder();
    private final LongAdder failedUploads = new LongAdder();
    private final LongAdder copiedFiles = new LongAdder();
    private final LongAdder reusedFiles = new LongAdder();
    private final LongAdder downloadedFiles = new LongAdder();
    private final LongAdder downloadedBytes = new LongAdder();
    private final LongAdder restoredFiles = new LongAdder();
    private final LongAdder restoredBytes = new LongAdder();
    private final Histogram uploadMillis = new DescriptiveStatisticsHistogram(WINDOW);

    /** A file is on the checkpoint storage. */
    void uploaded(long bytes, long millis) {
        uploadedFiles.increment();
        uploadedBytes.add(bytes);
        uploadMillis.update(millis);
    }

    /** A file could not be written to the checkpoint storage. */
    void uploadFailed() {
        failedUploads.increment();
    }

    /** The checkpoint storage has copied a file itself. */
    void copied() {
        copiedFiles.increment();
    }

    /** A checkpoint refers to so many files of an earlier one. */
    void reused(int files) {
        reusedFiles.add(files);
    }

    /** A restore has fetched a file before the first record. */
    public void downloaded(long bytes) {
        downloadedFiles.increment();
        downloadedBytes.add(bytes);
    }

    /** A restore needs the file, wherever it is. */
    public void restored(long bytes) {
        restoredFiles.increment();
        restoredBytes.add(bytes);
    }

    public long uploadedFiles() {
        return uploadedFiles.sum();
    }

    public long uploadedBytes() {
        return uploadedBytes.sum();
    }

    public long failedUploads() {
        return failedUploads.sum();
    }

    public long copiedFiles() {
        return copiedFiles.sum();
    }

    public long reusedFiles() {
        return reusedFiles.sum();
    }

    public long downloadedFiles() {
        return downloadedFiles.sum();
    }

    public long downloadedBytes() {
        return downloadedBytes.sum();
    }

    public long restoredFiles() {
        return restoredFiles.sum();
    }

    public long restoredBytes() {
        return restoredBytes.sum();
    }

    /** How long a file took. */
    public Histogram uploadMillis() {
        return uploadMillis;
    }
}
