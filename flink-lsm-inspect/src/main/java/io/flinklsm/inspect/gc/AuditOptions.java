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
package io.flinklsm.inspect.gc;

import java.time.Duration;
import java.util.List;

/**
 * How careful an audit is.
 *
 * @param olderThan what was written later than that before now may belong to an upload that is
 *     under way
 * @param nowMillis the time that ages are told from
 * @param jobsEnded whether nothing runs any more that writes to the directory
 * @param taskOwned whether files in {@code taskowned} count like those in {@code shared}; a job's
 *     own state may name such files, which no metadata tells
 * @param alone whether no job beside it can have claimed a checkpoint of it, so that the
 *     directories beside it are not looked at
 * @param also checkpoints, savepoints and directories of jobs elsewhere that may refer to it
 * @param patience how long a checkpoint that lacks a file may take to go itself: of a checkpoint
 *     that is subsumed a job manager deletes the shared files first, the metadata later
 */
public record AuditOptions(
        Duration olderThan,
        long nowMillis,
        boolean jobsEnded,
        boolean taskOwned,
        boolean alone,
        List<String> also,
        Duration patience) {

    /** Of a directory that jobs write to. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);

    /** Longer than any checkpoint should take. */
    public static final Duration DEFAULT_AGE = Duration.ofDays(1);

    public AuditOptions {
        also = List.copyOf(also);
    }

    /** For a directory that nothing writes to any more: whatever no checkpoint needs may go. */
    public static AuditOptions ofEndedJobs(long nowMillis) {
        return new AuditOptions(
                Duration.ZERO, nowMillis, true, false, false, List.of(), Duration.ZERO);
    }
}
