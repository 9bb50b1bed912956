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
package io.flinklsm.statebackend.restore;

import io.flinklsm.statebackend.snapshot.Transfers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.fs.PathsCopyingFileSystem;
import org.apache.flink.core.fs.PathsCopyingFileSystem.CopyRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings SSTables of a checkpoint into the working directory, several at a time: by their file
 * system itself where it offers that for many files at once, else by reading them.
 */
final class Downloads {

    private static final Logger LOG = LoggerFactory.getLogger(Downloads.class);

    /**
     * One file.
     *
     * @param sizeBytes its length, as the manifest has it
     */
    record Download(RemoteFile file, long sizeBytes) {}

    private final RestoreContext context;

    private Downloads(RestoreContext context) {
        this.context = context;
    }

    static void run(RestoreContext context, Collection<Download> downloads)
            throws IOException, InterruptedException {
        new Downloads(context).run(downloads);
    }

    private void run(Collection<Download> downloads) throws IOException, InterruptedException {
        int threads = context.transfers().count();
        List<Transfers.Transfer> transfers = new ArrayList<>();
        Map<PathsCopyingFileSystem, List<Download>> fetched = new IdentityHashMap<>();
        for (Download download : downloads) {
            PathsCopyingFileSystem fetcher = download.file().fetcher(temporary(download));
            if (fetcher == null) {
                transfers.add(() -> read(download));
            } else {
                fetched.computeIfAbsent(fetcher, key -> new ArrayList<>()).add(download);
            }
        }
        fetched.forEach(
                (fetcher, files) -> {
                    int batchFiles = (files.size() + threads - 1) / threads;
                    for (int from = 0; from < files.size(); from += batchFiles) {
                        List<Download> batch =
                                files.subList(from, Math.min(files.size(), from + batchFiles));
                        transfers.add(() -> fetch(fetcher, batch));
                    }
                });
        Transfers.run(transfers, context.transfers().executor(), threads);
    }

    private void read(Download download) throws IOException {
        download.file().bringTo(context.files().storage(), download.sizeBytes());
        context.counters().downloaded(download.sizeBytes());
    }

    /** What the file system does not bring is read. */
    private void fetch(PathsCopyingFileSystem fetcher, List<Download> batch) throws IOException {
        List<Download> left = new ArrayList<>(batch);
        try {
            List<CopyRequest> requests = new ArrayList<>();
            for (Download download : batch) {
                requests.add(download.file().fetchTo(temporary(download)));
            }
            fetcher.copyFiles(requests, context.transfers().cancelRegistry());
            for (Download download : batch) {
                if (download.file()
                        .take(
                                temporary(download),
                                context.files().storage(),
                                download.sizeBytes())) {
                    context.counters().downloaded(download.sizeBytes());
                    left.remove(download);
                }
            }
        } catch (IOException | RuntimeException e) {
            // Reading says what is wrong, if that is more than the copying.
            LOG.info(
                    "[{}] its file system did not bring the files here, so they are read: files={}",
                    batch.get(0).file().describe(),
                    left.size(),
                    e);
        } finally {
            for (Download download : batch) {
                Files.deleteIfExists(temporary(download));
            }
        }
        for (Download download : left) {
            read(download);
        }
    }

    /** Hidden, so that it is none of the storage's files. */
    private Path temporary(Download download) {
        return context.files().directory().resolve("." + download.file().name() + ".fetched");
    }
}
