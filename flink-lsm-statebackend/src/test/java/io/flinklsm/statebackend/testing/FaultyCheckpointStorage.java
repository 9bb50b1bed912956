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
package io.flinklsm.statebackend.testing;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.testing.Faults;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PhysicalStateHandleID;
import org.apache.flink.runtime.state.StreamStateHandle;

/**
 * Checkpoint storage whose file system, a plug-in, may fail at any call, in whatever way; deletion
 * alone always works. Counts the streams that were not closed.
 */
public final class FaultyCheckpointStorage {

    private final Faults faults;

    // Guarded by this.
    private int openStreams;

    public FaultyCheckpointStorage(Faults faults) {
        this.faults = faults;
    }

    public synchronized int openStreams() {
        return openStreams;
    }

    private synchronized void count(int streams) {
        openStreams += streams;
    }

    public CheckpointStreamFactory streams(CheckpointStreamFactory delegate) {
        return new CheckpointStreamFactory() {
            @Override
            public CheckpointStateOutputStream createCheckpointStateOutputStream(
                    CheckpointedStateScope scope) throws IOException {
                faults.step("create a stream");
                return new Output(delegate.createCheckpointStateOutputStream(scope));
            }

            @Override
            public boolean canFastDuplicate(
                    StreamStateHandle handle, CheckpointedStateScope scope) {
                return false;
            }

            @Override
            public List<StreamStateHandle> duplicate(
                    List<StreamStateHandle> handles, CheckpointedStateScope scope) {
                throw new UnsupportedOperationException();
            }

            @Override
            public boolean couldReuseStateHandle(StreamStateHandle handle) {
                faults.uncheckedStep("couldReuseStateHandle");
                return true;
            }

            @Override
            public void reusePreviousStateHandle(
                    java.util.Collection<? extends StreamStateHandle> previous) {
                faults.uncheckedStep("reusePreviousStateHandle");
            }
        };
    }

    /** The same snapshot, read through this storage. */
    public KeyedStateHandle wrap(KeyedStateHandle handle) {
        if (handle instanceof IncrementalRemoteKeyedStateHandle incremental) {
            return new IncrementalRemoteKeyedStateHandle(
                    incremental.getBackendIdentifier(),
                    incremental.getKeyGroupRange(),
                    incremental.getCheckpointId(),
                    wrapAll(incremental.getSharedState()),
                    wrapAll(incremental.getPrivateState()),
                    new Handle(incremental.getMetaDataStateHandle()),
                    incremental.getCheckpointedSize());
        }
        KeyGroupsStateHandle canonical = (KeyGroupsStateHandle) handle;
        return new KeyGroupsStateHandle(
                canonical.getGroupRangeOffsets(), new Handle(canonical.getDelegateStateHandle()));
    }

    private List<HandleAndLocalPath> wrapAll(List<HandleAndLocalPath> files) {
        List<HandleAndLocalPath> wrapped = new ArrayList<>();
        for (HandleAndLocalPath file : files) {
            wrapped.add(HandleAndLocalPath.of(new Handle(file.getHandle()), file.getLocalPath()));
        }
        return wrapped;
    }

    private final class Output extends CheckpointStateOutputStream {

        private final CheckpointStateOutputStream delegate;
        private boolean open = true;

        Output(CheckpointStateOutputStream delegate) {
            this.delegate = delegate;
            count(1);
        }

        private void ended() {
            if (open) {
                open = false;
                count(-1);
            }
        }

        /**
         * As Flink's own streams: if it fails (a sync does when the thread is interrupted), the
         * stream is closed and its file deleted. Flink's writer of savepoints relies on that.
         */
        @Override
        public StreamStateHandle closeAndGetHandle() throws IOException {
            try {
                faults.step("closeAndGetHandle");
                return delegate.closeAndGetHandle();
            } catch (Throwable failure) {
                Cleanup.undo(failure, delegate);
                throw failure;
            } finally {
                ended();
            }
        }

        @Override
        public void close() throws IOException {
            ended();
            delegate.close();
        }

        @Override
        public long getPos() throws IOException {
            return delegate.getPos();
        }

        @Override
        public void flush() throws IOException {
            delegate.flush();
        }

        @Override
        public void sync() throws IOException {
            delegate.sync();
        }

        @Override
        public void write(int value) throws IOException {
            faults.step("write a byte");
            delegate.write(value);
        }

        @Override
        public void write(byte[] bytes, int from, int byteCount) throws IOException {
            faults.step("write bytes");
            delegate.write(bytes, from, byteCount);
        }
    }

    private final class Handle implements StreamStateHandle {

        private static final long serialVersionUID = 1L;

        private final StreamStateHandle delegate;

        Handle(StreamStateHandle delegate) {
            this.delegate = delegate;
        }

        @Override
        public FSDataInputStream openInputStream() throws IOException {
            faults.step("open");
            return new Input(delegate.openInputStream());
        }

        @Override
        public Optional<byte[]> asBytesIfInMemory() {
            return Optional.empty();
        }

        @Override
        public PhysicalStateHandleID getStreamStateHandleID() {
            return delegate.getStreamStateHandleID();
        }

        @Override
        public void discardState() {
            throw new UnsupportedOperationException("the restored snapshot is not ours");
        }

        @Override
        public long getStateSize() {
            faults.uncheckedStep("getStateSize");
            return delegate.getStateSize();
        }
    }

    private final class Input extends FSDataInputStream {

        private final FSDataInputStream delegate;
        private boolean open = true;

        Input(FSDataInputStream delegate) {
            this.delegate = delegate;
            count(1);
        }

        @Override
        public void seek(long position) throws IOException {
            faults.step("seek");
            delegate.seek(position);
        }

        @Override
        public long getPos() throws IOException {
            return delegate.getPos();
        }

        @Override
        public int read() throws IOException {
            faults.step("read a byte");
            return delegate.read();
        }

        @Override
        public int read(byte[] target, int from, int byteCount) throws IOException {
            faults.step("read bytes");
            return delegate.read(target, from, byteCount);
        }

        @Override
        public void close() throws IOException {
            if (open) {
                open = false;
                count(-1);
                delegate.close();
                faults.step("close an input");
            }
        }
    }
}
