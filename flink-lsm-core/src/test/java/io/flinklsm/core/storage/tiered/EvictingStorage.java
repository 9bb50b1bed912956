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

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.testing.FlakySource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A tiered storage with placement remote whose files get a home, are evicted and come back at
 * random, by whatever the store does; each remote file fails now and then. For model tests.
 */
public final class EvictingStorage implements Storage {

    private final TieredStorage tiered;

    /** The bytes of all files, as another machine would have them. */
    private final Map<String, byte[]> written = new ConcurrentHashMap<>();

    // Guarded by this.
    private final Random random;
    private int remoteFiles;

    public EvictingStorage(Path directory, long seed) throws IOException {
        random = new Random(seed);
        tiered =
                new TieredStorage(
                        new LocalStorage(directory, false),
                        directory,
                        new TieredOptions(
                                16L * Chunks.BYTES,
                                new RetryPolicy(1, 1000, TimeUnit.SECONDS.toNanos(60))),
                        Clock.system(),
                        new Random(seed));
    }

    /** What was done so far. */
    public TieredStats stats() {
        return tiered.stats();
    }

    private synchronized int dice(int sides) {
        return random.nextInt(sides);
    }

    private void step(String name) throws IOException {
        int dice = dice(20);
        byte[] bytes = written.get(name);
        if (dice < 8 && bytes != null && bytes.length > 0) {
            tiered.setHome(name, source(name, bytes));
        } else if (dice == 8) {
            tiered.evictAll();
        } else if (dice == 9) {
            tiered.forgetHome(name);
        }
    }

    private synchronized FlakySource source(String name, byte[] bytes) {
        remoteFiles++;
        int period = 2 + random.nextInt(20);
        return new FlakySource("memory:" + remoteFiles + "/" + name, bytes)
                .behaving(
                        request -> {
                            if (request % period == 0) {
                                throw new IOException("503 SlowDown");
                            }
                        });
    }

    @Override
    public StorageOutput create(String name) throws IOException {
        StorageOutput output = tiered.create(name);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        return new StorageOutput() {
            @Override
            public void write(byte[] more, int from, int byteCount) throws IOException {
                output.write(more, from, byteCount);
                bytes.write(more, from, byteCount);
            }

            @Override
            public long position() {
                return output.position();
            }

            @Override
            public void finish() throws IOException {
                output.finish();
                written.put(name, bytes.toByteArray());
                step(name);
            }

            @Override
            public void close() throws IOException {
                output.close();
            }
        };
    }

    @Override
    public StorageInput open(String name) throws IOException {
        step(name);
        return tiered.open(name);
    }

    @Override
    public boolean answersAtOnce(String name) {
        return tiered.answersAtOnce(name);
    }

    @Override
    public long size(String name) throws IOException {
        return tiered.size(name);
    }

    @Override
    public boolean exists(String name) throws IOException {
        return tiered.exists(name);
    }

    @Override
    public void delete(String name) throws IOException {
        tiered.delete(name);
        written.remove(name);
    }

    @Override
    public List<String> list() throws IOException {
        return tiered.list();
    }

    @Override
    public String describe(String name) {
        return tiered.describe(name);
    }
}
