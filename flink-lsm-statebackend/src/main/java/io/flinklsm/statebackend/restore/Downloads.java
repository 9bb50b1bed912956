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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Brings SSTables of a checkpoint into the working directory, several at a time. */
final class Downloads {

    /**
     * One file.
     *
     * @param sizeBytes its length, as the manifest has it
     */
    record Download(RemoteFile file, long sizeBytes) {}

    private Downloads() {}

    static void run(RestoreContext context, Collection<Download> downloads)
            throws IOException, InterruptedException {
        List<Transfers.Transfer> transfers = new ArrayList<>(downloads.size());
        for (Download download : downloads) {
            transfers.add(
                    () -> {
                        download.file().bringTo(context.files().storage(), download.sizeBytes());
                        context.counters().downloaded(download.sizeBytes());
                    });
        }
        Transfers.run(transfers, context.transfers().executor(), context.transfers().count());
    }
}
