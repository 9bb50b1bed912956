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
package io.flinklsm.inspect.profile;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a state would hold if the checkpoint were restored, by reading all of it: of each key the
 * newest entry, tombstones applied, lists put together.
 *
 * <p>Keys stand together in SSTables, so the largest are found in one pass. Namespaces, map keys,
 * the keys of timers, and keys in the rows of a canonical savepoint do not: where there are more of
 * them than {@link #COUNTED_MAX}, a second pass counts those that the first has left, see {@link
 * HeavyHitters}.
 *
 * @param entries live ones
 * @param bytes of their keys and values, before compression
 * @param count how many different ones there are; -1 if it was not counted
 * @param top the largest first
 * @param missedBy no other one weighs more than this; 0 if all were counted
 */
public record LiveProfile(long entries, long bytes, long count, List<Ranked> top, long missedBy) {

    /** Different things that are counted at a time. */
    static final int COUNTED_MAX = 1 << 15;

    /** Of a longer one this much is kept, and its hash. */
    private static final int KEPT_CHARACTERS = 100;

    private static final int TICK_ENTRIES = 1 << 12;

    /** What is ranked. */
    public enum Subject {
        KEYS,
        KEY_GROUPS,
        NAMESPACES,
        MAP_KEYS
    }

    /** By what. */
    public enum Measure {
        BYTES,
        ENTRIES
    }

    /**
     * Something, with what is live of it.
     *
     * @param keyGroup -1 if it is in several, or unknown
     * @param key key group and key as entries begin with them; empty if it is no key
     */
    public record Ranked(String name, int keyGroup, OwnedSlice key, long entries, long bytes) {}

    public LiveProfile {
        top = List.copyOf(top);
    }

    /** Bytes of the current entry's value, in its columns or as they were serialised. */
    static long valueBytes(EntryCursor cursor) throws IOException {
        LargeValue large = cursor.largeValue();
        if (large != null) {
            return large.length();
        }
        TypedValue typed = cursor.typedValue();
        return typed == null ? cursor.value().length() : typed.sizeBytes();
    }

    /**
     * Reads a state.
     *
     * @param limit how many are wanted
     * @param progress called again and again while it reads
     */
    public static LiveProfile of(
            StateView view, Subject subject, Measure measure, int limit, Runnable progress)
            throws IOException {
        try (MergedState merged = MergedState.open(view)) {
            return new Reading(merged, measure, limit, progress).read(subject);
        }
    }

    /** Whether a state has such things at all. */
    public static boolean has(@Nullable EntryColumns columns, Subject subject) {
        return switch (subject) {
            case KEYS, KEY_GROUPS -> true;
            case NAMESPACES ->
                    columns != null
                            && columns.kind() != StateKind.QUEUE
                            && !columns.namespace().toString().equals("void");
            case MAP_KEYS -> columns != null && columns.mapKey() != null;
        };
    }

    /** One state on its way. */
    private static final class Reading {
        private final MergedState merged;
        private final Measure measure;
        private final int limit;
        private final Runnable progress;
        private final KeyTexts texts;
        private final KeySplitter splitter;

        /** Whether an entry's key is key group and key, and nothing else, as far as files tell. */
        private final boolean isKeyAll;

        private final int keyGroupBytes;
        private long entries;
        private long bytes;

        Reading(MergedState merged, Measure measure, int limit, Runnable progress) {
            this.merged = merged;
            this.measure = measure;
            this.limit = limit;
            this.progress = progress;
            texts = new KeyTexts(merged.columns());
            splitter = new KeySplitter(merged.columns());
            EntryColumns columns = merged.columns();
            isKeyAll = columns == null || columns.isKeyAll();
            keyGroupBytes = StateProfile.keyGroupBytes(merged.view(), merged.columns());
        }

        LiveProfile read(Subject subject) throws IOException {
            return switch (subject) {
                case KEYS ->
                        merged.view().isQueue() || merged.view().isRows()
                                ? parts(EntryColumns.KEY_COLUMN)
                                : keys();
                case KEY_GROUPS -> keyGroups();
                case NAMESPACES -> parts(EntryColumns.NAMESPACE_COLUMN);
                case MAP_KEYS -> parts(EntryColumns.MAP_KEY_COLUMN);
            };
        }

        private interface Sink {
            void accept(Slice key, long entryBytes);
        }

        private void forEach(Sink sink) throws IOException {
            entries = 0;
            bytes = 0;
            try (EntryCursor cursor = merged.cursor(KeyRange.ALL)) {
                while (cursor.next()) {
                    long entryBytes = cursor.key().length() + valueBytes(cursor);
                    sink.accept(cursor.key(), entryBytes);
                    bytes += entryBytes;
                    if (++entries % TICK_ENTRIES == 0) {
                        progress.run();
                    }
                }
            }
        }

        private long weight(long ofEntries, long ofBytes) {
            return measure == Measure.BYTES ? ofBytes : ofEntries;
        }

        /** The key whose entries come in. */
        private final class CurrentKey implements Sink {
            private final ValueBuffer key = new ValueBuffer();
            private final Slice view = new Slice();
            private final PriorityQueue<Ranked> largest =
                    new PriorityQueue<>(
                            Comparator.comparingLong(one -> weight(one.entries(), one.bytes())));
            private boolean isEndKnown;
            private long keyEntries;
            private long keyBytes;
            private long count;

            @Override
            public void accept(Slice entryKey, long entryBytes) {
                if (keyEntries == 0 || !isSame(entryKey)) {
                    end();
                    key.set(
                            view.setRaw(
                                    entryKey.rawBase(), entryKey.rawOffset(), keyEnd(entryKey)));
                }
                keyEntries++;
                keyBytes += entryBytes;
            }

            /**
             * Where something follows the key, its own bytes tell where it ends: what begins with
             * them has the same key, and need not be taken apart.
             */
            private boolean isSame(Slice entryKey) {
                return isEndKnown && entryKey.startsWith(key.view(view));
            }

            private int keyEnd(Slice entryKey) {
                if (isKeyAll) {
                    return entryKey.length();
                }
                splitter.split(entryKey);
                isEndKnown = splitter.keyEnd() >= 0;
                return isEndKnown ? splitter.keyEnd() : entryKey.length();
            }

            void end() {
                if (keyEntries == 0) {
                    return;
                }
                count++;
                Ranked least = largest.peek();
                if (largest.size() < limit
                        || (least != null
                                && weight(keyEntries, keyBytes)
                                        > weight(least.entries(), least.bytes()))) {
                    if (largest.size() == limit) {
                        largest.poll();
                    }
                    OwnedSlice owned = key.view(view).toOwned();
                    largest.add(
                            new Ranked(
                                    "",
                                    KeyTexts.keyGroup(owned, keyGroupBytes),
                                    owned,
                                    keyEntries,
                                    keyBytes));
                }
                keyEntries = 0;
                keyBytes = 0;
            }
        }

        private LiveProfile keys() throws IOException {
            CurrentKey current = new CurrentKey();
            forEach(current);
            current.end();
            List<Ranked> top = new ArrayList<>();
            for (Ranked one : current.largest) {
                top.add(
                        new Ranked(
                                texts.ofKey(one.key(), false),
                                one.keyGroup(),
                                one.key(),
                                one.entries(),
                                one.bytes()));
            }
            return result(top, current.count, 0);
        }

        private LiveProfile result(List<Ranked> top, long count, long missedBy) {
            top.sort(
                    Comparator.comparingLong((Ranked one) -> -weight(one.entries(), one.bytes()))
                            .thenComparingInt(Ranked::keyGroup)
                            .thenComparing(Ranked::name));
            return new LiveProfile(
                    entries, bytes, count, top.subList(0, Math.min(limit, top.size())), missedBy);
        }

        /** As much of the key as the key group takes. */
        private OwnedSlice prefix(Slice key) {
            byte[] bytes = new byte[Math.min(keyGroupBytes, key.length())];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = key.byteAt(i);
            }
            return OwnedSlice.wrap(bytes);
        }

        private LiveProfile keyGroups() throws IOException {
            // Entries and bytes.
            Map<Integer, long[]> sums = new TreeMap<>();
            forEach(
                    (key, entryBytes) -> {
                        long[] sum =
                                sums.computeIfAbsent(
                                        KeyTexts.keyGroup(prefix(key), keyGroupBytes),
                                        group -> new long[2]);
                        sum[0]++;
                        sum[1] += entryBytes;
                    });
            List<Ranked> top = new ArrayList<>();
            sums.forEach(
                    (group, sum) ->
                            top.add(
                                    new Ranked(
                                            group < 0 ? "-" : Integer.toString(group),
                                            group,
                                            OwnedSlice.EMPTY,
                                            sum[0],
                                            sum[1])));
            return result(top, top.size(), 0);
        }

        /**
         * A part of keys, as text: two with one text are the same to a reader.
         *
         * @param text its beginning, if it is long
         * @param hash of all of it then, else 0
         */
        private record Part(String text, long hash) implements Comparable<Part> {
            @Override
            public int compareTo(Part other) {
                int order = text.compareTo(other.text);
                return order != 0 ? order : Long.compare(hash, other.hash);
            }
        }

        private LiveProfile parts(String column) throws IOException {
            HeavyHitters<Part> hitters = new HeavyHitters<>(COUNTED_MAX);
            Sink sink =
                    (key, entryBytes) ->
                            hitters.add(part(key, column), weight(1, entryBytes), entryBytes);
            forEach(sink);
            long missed = hitters.missedAtMost();
            int distinct = missed == 0 ? hitters.size() : -1;
            if (missed > 0) {
                hitters.recount();
                forEach(sink);
            }
            List<Ranked> top = new ArrayList<>();
            for (Map.Entry<Part, HeavyHitters.Count> one : hitters.heaviest(limit)) {
                top.add(
                        new Ranked(
                                one.getKey().text(),
                                -1,
                                OwnedSlice.EMPTY,
                                one.getValue().entries,
                                one.getValue().bytes));
            }
            return result(top, distinct, missed);
        }

        private Part part(Slice key, String column) {
            String text = texts.ofPart(key.toOwned(), column);
            if (text.length() <= KEPT_CHARACTERS) {
                return new Part(text, 0);
            }
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return new Part(text.substring(0, KEPT_CHARACTERS) + "…", new Slice(bytes).hash64());
        }
    }
}
