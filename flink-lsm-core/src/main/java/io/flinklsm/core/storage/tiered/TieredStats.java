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
package io.flinklsm.core.storage.tiered;

/**
 * What a {@link TieredStorage} has done since it was made, and what it has.
 *
 * @param hits reads of files with a remote home that local bytes answered
 * @param misses reads that had to wait for remote storage
 * @param notKept chunks that were read and could not be kept, for want of room on the local disk
 * @param evictions local copies and chunks that made room for others
 * @param earlyUploads files that were uploaded for want of local room, before a checkpoint was
 * @param remoteOutputs files that were uploaded while they were written, in place of remote ones
 */
public record TieredStats(
        long hits,
        long misses,
        Requests requests,
        long notKept,
        long evictions,
        long earlyUploads,
        long remoteOutputs,
        Contents contents) {

    /**
     * What was asked of remote storage.
     *
     * @param count ranged reads, also those that failed
     * @param bytes that came from there
     * @param retries requests that were made again
     */
    public record Requests(long count, long bytes, long retries) {}

    /**
     * What is there now.
     *
     * @param remoteFiles files that are not complete here
     * @param missingBytes bytes of these that are not here
     * @param localBytes bytes of all files that are here, chunks included
     */
    public record Contents(int remoteFiles, long missingBytes, long localBytes) {}
}
