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

import io.flinklsm.benchmarks.run.Peer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How a group of cases is measured when the command line does not say otherwise.
 *
 * @param heapMegabytes heap of the JVM, all of it from the start
 * @param managedMegabytes managed memory of the slot
 * @param rounds JVMs for each of {@code peers}
 * @param peers backends that every round measures
 * @param once backends that the first round measures too: for orientation
 */
record GroupSettings(
        int heapMegabytes, int managedMegabytes, int rounds, List<Peer> peers, List<Peer> once) {

    GroupSettings {
        peers = List.copyOf(peers);
        once = List.copyOf(once);
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

    /** Every round measures {@code peers}. */
    static GroupSettings of(int heapMegabytes, int managedMegabytes, int rounds, Peer... peers) {
        return new GroupSettings(
                heapMegabytes, managedMegabytes, rounds, List.of(peers), List.of());
    }

    /** The same, with a backend that only the first round measures. */
    GroupSettings andOnce(Peer peer) {
        return new GroupSettings(heapMegabytes, managedMegabytes, rounds, peers, List.of(peer));
    }

    /** The same with a larger heap. */
    GroupSettings withMoreHeap(int megabytes) {
        return new GroupSettings(heapMegabytes + megabytes, managedMegabytes, rounds, peers, once);
    }

    /** Whom a round measures, in this order: ours is the last. */
    List<Peer> peersOf(int round) {
        if (round > rounds) {
            return List.of();
        }
        List<Peer> all = new ArrayList<>(peers);
        if (round == 1 && !once.isEmpty()) {
            all.addAll(once);
            Collections.sort(all);
        }
        return all;
    }
}
