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

import io.flinklsm.core.storage.tiered.EarlyUpload;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Where a tiered storage uploads files early: in memory. Safe for any thread. */
public final class EarlyFiles implements EarlyUpload {

    /** What becomes of a call; throws for it to fail. */
    @FunctionalInterface
    public interface Behaviour {
        /**
         * @param what for example {@code early write NAME}
         */
        void before(String what) throws IOException;
    }

    /** Files that are the owner's of the storage, by their names. */
    private final Map<String, Early> owned = new ConcurrentHashMap<>();

    /** Files that a checkpoint lists. */
    private final Map<String, Early> listed = new ConcurrentHashMap<>();

    private final Behaviour behaviour;

    public EarlyFiles() {
        this(what -> {});
    }

    public EarlyFiles(Behaviour behaviour) {
        this.behaviour = behaviour;
    }

    /** Of the files that are there and that no checkpoint lists. */
    public Set<String> names() {
        return new TreeSet<>(owned.keySet());
    }

    /** A checkpoint lists the file from now on; returns its bytes. */
    public byte[] list(String name) {
        Early early = owned.remove(name);
        if (early == null) {
            throw new IllegalStateException("[" + name + "] is not there");
        }
        listed.put(name, early);
        return early.bytes;
    }

    /** The job manager deletes a file that a checkpoint listed; nothing happens to others. */
    public void lose(String name) {
        listed.remove(name);
    }

    @Override
    public Upload begin(String name) throws IOException {
        behaviour.before("early begin " + name);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        return new Upload() {
            @Override
            public void write(byte[] source, int from, int byteCount) throws IOException {
                behaviour.before("early write " + name);
                bytes.write(source, from, byteCount);
            }

            @Override
            public Uploaded finish() throws IOException {
                behaviour.before("early finish " + name);
                Early early = new Early(name, bytes.toByteArray());
                if (owned.putIfAbsent(name, early) != null) {
                    throw new IllegalStateException("[" + name + "] is uploaded twice");
                }
                return early;
            }

            @Override
            public void close() {
                // What is not finished is nowhere.
            }
        };
    }

    private final class Early implements Uploaded {

        private final String name;
        private final byte[] bytes;

        Early(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
        }

        @Override
        public void readFully(long position, byte[] target, int at, int byteCount)
                throws IOException {
            behaviour.before("early read " + name);
            if (owned.get(name) != this && listed.get(name) != this) {
                throw new FileNotFoundException(describe());
            }
            System.arraycopy(bytes, Math.toIntExact(position), target, at, byteCount);
        }

        @Override
        public String describe() {
            return "early:" + name;
        }

        @Override
        public boolean isListed() {
            return owned.get(name) != this;
        }

        @Override
        public void delete() {
            owned.remove(name, this);
        }
    }
}
