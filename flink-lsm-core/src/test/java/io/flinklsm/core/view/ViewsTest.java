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
package io.flinklsm.core.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who holds a view, and for how long. */
final class ViewsTest {

    private int released;

    @Test
    void viewIsGivenBackWithItsLastReference() {
        ReadView view = new ReadView(Version.EMPTY, () -> released++);
        assertThat(view.tryRetain()).isTrue();

        view.release();
        assertThat(released).isZero();
        view.release();

        assertThat(released).isEqualTo(1);
        assertThat(view.tryRetain()).isFalse();
        assertThatThrownBy(view::release).isInstanceOf(IllegalStateException.class);
        assertThat(released).isEqualTo(1);
    }

    @Test
    void viewThatWasReleasedIsNotRead() throws Exception {
        ReadView view = new ReadView(Version.EMPTY, () -> released++);
        KeyBuffer key = key("a");
        Lookup lookup = new Lookup();
        lookup.start(null, new ValueBuffer());
        view.get(key, lookup);
        assertThat(view.mayHavePrefix(key)).isFalse();

        view.release();

        assertThatThrownBy(() -> view.get(key, lookup))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("released");
        assertThatThrownBy(() -> view.mayHavePrefix(key)).isInstanceOf(AssertionError.class);
        lookup.end();
    }

    @Test
    void rangeOfAPageBeginsRightBehindAKey() {
        KeyRange range = ReadView.rangeOf(key("m"), key("mk"));

        assertThat(range.contains(OwnedSlice.ofText("mk"))).isFalse();
        assertThat(range.contains(OwnedSlice.ofText("mk\0"))).isTrue();
        assertThat(range.contains(OwnedSlice.ofText("mz"))).isTrue();
        assertThat(range.contains(OwnedSlice.ofText("n"))).isFalse();
        assertThat(ReadView.rangeOf(key("m"), null))
                .isEqualTo(KeyRange.ofPrefix(OwnedSlice.ofText("m")));
        assertThatThrownBy(() -> ReadView.rangeOf(key("m"), key("n")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("another prefix");
    }

    @Test
    void scanHoldsItsViewUntilItIsClosed() throws Exception {
        ScanView view = new ScanView(List.of(), Version.EMPTY, closed -> released++);
        EntryCursor cursor = view.scan(KeyRange.ALL, null);

        view.release();
        assertThat(cursor.next()).isFalse();
        assertThat(released).as("the cursor reads on").isZero();
        cursor.close();
        cursor.close();

        assertThat(released).isEqualTo(1);
        assertThatThrownBy(() -> view.scan(KeyRange.ALL, null))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("released view");
    }

    @Test
    void closedCursorShowsNothing() throws Exception {
        ListCursor entries = ListCursor.of("a=1 b=2");
        ScanCursor cursor = new ScanCursor(() -> released++, entries);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.key().toString()).isEqualTo("a");
        assertThat(cursor.kind()).isEqualTo(EntryKind.PUT);

        cursor.close();

        assertThat(released).isEqualTo(1);
        assertThat(entries.closedTimes()).isEqualTo(1);
        assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(cursor::key).isInstanceOf(AssertionError.class);
        assertThatThrownBy(cursor::kind).isInstanceOf(AssertionError.class);
        assertThatThrownBy(cursor::value).isInstanceOf(AssertionError.class);
        assertThatThrownBy(cursor::largeValue).isInstanceOf(AssertionError.class);
    }

    @Test
    void viewIsGivenBackAlsoIfItsEntriesCannotBeClosed() {
        EntryCursor broken =
                new EntryCursor() {
                    @Override
                    public boolean next() {
                        return false;
                    }

                    @Override
                    public Slice key() {
                        return new Slice();
                    }

                    @Override
                    public EntryKind kind() {
                        return EntryKind.DELETE;
                    }

                    @Override
                    public Slice value() {
                        return new Slice();
                    }

                    @Override
                    public LargeValue largeValue() {
                        return null;
                    }

                    @Override
                    public void close() throws IOException {
                        throw new IOException("this cursor cannot be closed");
                    }
                };
        ScanCursor cursor = new ScanCursor(() -> released++, broken);

        assertThatThrownBy(cursor::close).isInstanceOf(IOException.class);
        assertThat(released).isEqualTo(1);
    }

    private static KeyBuffer key(String text) {
        return new KeyBuffer().set(OwnedSlice.ofText(text));
    }
}
