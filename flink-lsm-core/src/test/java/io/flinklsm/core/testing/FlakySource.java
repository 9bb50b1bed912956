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
package io.flinklsm.core.testing;

import io.flinklsm.core.storage.tiered.RemoteSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A remote file in memory, which answers as it is told: request by request, counted from 1. Safe
 * for any thread.
 */
public final class FlakySource implements RemoteSource {

    /** What becomes of one request. */
    @FunctionalInterface
    public interface Behaviour {
        /** Throws, waits, or returns for the request to be answered. */
        void on(int request) throws IOException;
    }

    /** One range that was asked for. */
    public record Range(long position, int byteCount) {}

    private final String address;
    private final byte[] bytes;

    // Guarded by this.
    private final List<Range> requests = new ArrayList<>();
    private @Nullable Behaviour behaviour;

    public FlakySource(String address, byte[] bytes) {
        this.address = address;
        this.bytes = bytes.clone();
    }

    public synchronized FlakySource behaving(@Nullable Behaviour newBehaviour) {
        behaviour = newBehaviour;
        return this;
    }

    public synchronized List<Range> requests() {
        return List.copyOf(requests);
    }

    @Override
    public void readFully(long position, byte[] target, int at, int byteCount) throws IOException {
        int number;
        Behaviour now;
        synchronized (this) {
            requests.add(new Range(position, byteCount));
            number = requests.size();
            now = behaviour;
        }
        if (now != null) {
            now.on(number);
        }
        System.arraycopy(bytes, (int) position, target, at, byteCount);
    }

    @Override
    public String describe() {
        return address;
    }
}
