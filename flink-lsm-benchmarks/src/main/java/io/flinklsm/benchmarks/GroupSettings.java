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
package io.flinklsm.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * How a group of cases is measured when the command line does not say otherwise.
 *
 * @param heapMegabytes heap of the JVM, all of it from the start
 * @param managedMegabytes managed memory of the slot
 * @param rounds JVMs for each backend
 * @param peers in the order of measuring
 */
record GroupSettings(int heapMegabytes, int managedMegabytes, int rounds, List<Peer> peers) {

    /** Backends that every group with a state that fits into memory is measured on. */
    static final List<Peer> HOT_PEERS = List.of(Peer.HASHMAP, Peer.ROCKSDB, Peer.LSM);

    /** Backends for state that is larger than memory: on the heap it would not fit. */
    static final List<Peer> COLD_PEERS = List.of(Peer.ROCKSDB, Peer.ROCKSDB_TUNED, Peer.LSM);

    GroupSettings {
        peers = List.copyOf(peers);
        if (heapMegabytes < 1 || managedMegabytes < 1 || rounds < 1 || peers.isEmpty()) {
            throw new IllegalArgumentException(
                    "[group settings] must be positive: heapMegabytes="
                            + heapMegabytes
                            + ", managedMegabytes="
                            + managedMegabytes
                            + ", rounds="
                            + rounds
                            + ", peers="
                            + peers);
        }
    }

    /** For state that fits into memory: the heap holds HashMap's objects, too. */
    static GroupSettings hot(Scale scale) {
        return new GroupSettings(
                2048,
                512,
                scale.choose(5, 1, 1),
                scale.choose(with(HOT_PEERS, Peer.FORST), HOT_PEERS, with(HOT_PEERS, Peer.FORST)));
    }

    /** {@code peers} with one more before the last, which is ours. */
    static List<Peer> with(List<Peer> peers, Peer more) {
        List<Peer> all = new ArrayList<>(peers);
        all.add(all.size() - 1, more);
        return all;
    }
}
