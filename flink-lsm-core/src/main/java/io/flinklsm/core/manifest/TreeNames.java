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
package io.flinklsm.core.manifest;

import io.flinklsm.core.bytes.Unicode;

/**
 * How trees are named after states and timer queues, in manifests and footers. DO NOT CHANGE: the
 * names are on storage.
 *
 * <p>A tree's name is UTF-8 there, and a state's name may be any Java string. One with half a
 * surrogate pair stands escaped, under a prefix of its own, so that all names stay different:
 *
 * <pre>
 *   counts                        kv/counts
 *   a&#92;b                           kv/a&#92;b
 *   the unit D800, a backslash    kv-escaped/&#92;ud800&#92;&#92;
 * </pre>
 */
public final class TreeNames {

    private static final String STATE = "kv";
    private static final String QUEUE = "pq";
    private static final String PLAIN = "/";
    private static final String ESCAPED = "-escaped/";

    private TreeNames() {}

    /** The tree of a key-value state. */
    public static String ofState(String stateName) {
        return STATE + withForm(stateName);
    }

    /** The tree of a queue of timers. */
    public static String ofQueue(String queueName) {
        return QUEUE + withForm(queueName);
    }

    private static String withForm(String name) {
        return Unicode.isWellFormed(name) ? PLAIN + name : ESCAPED + Unicode.escape(name);
    }

    /** Whether it is the tree of a queue. */
    public static boolean isQueue(String treeName) {
        return treeName.startsWith(QUEUE + PLAIN) || treeName.startsWith(QUEUE + ESCAPED);
    }

    /**
     * The state's or the queue's name, as the job has it. A file may say anything: a name that no
     * writer writes comes out as it stands.
     */
    public static String nameIn(String treeName) {
        String behind = treeName.substring(treeName.indexOf('/') + 1);
        boolean isEscaped =
                treeName.startsWith(STATE + ESCAPED) || treeName.startsWith(QUEUE + ESCAPED);
        if (!isEscaped) {
            return behind;
        }
        try {
            return Unicode.unescape(behind);
        } catch (IllegalArgumentException e) {
            return behind;
        }
    }
}
