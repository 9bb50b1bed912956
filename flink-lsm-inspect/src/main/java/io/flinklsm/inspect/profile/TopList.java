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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.profile.LiveProfile.Measure;
import io.flinklsm.inspect.profile.LiveProfile.Subject;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The largest keys, key groups, namespaces or map keys of several states together.
 *
 * @param top the largest first
 * @param missedBy what is not in it has no more than this; 0 if that is certain
 * @param omitted states that have nothing to rank
 */
public record TopList(
        Request request,
        List<State> states,
        List<TopEntry> top,
        int sketchedFiles,
        int readFiles,
        long readBytes,
        long missedBy,
        List<Omitted> omitted) {

    /** Keys that are larger than this together are not read to tell what is live of them. */
    private static final long LOOKED_UP_BYTES_MAX = 8L << 20;

    /**
     * What is asked for.
     *
     * @param isExact whether to read all of the states
     */
    public record Request(Subject subject, Measure measure, int limit, boolean isExact) {}

    /**
     * A state as a whole.
     *
     * @param count how many different things there are; -1 if unknown
     * @param countError standard error of the count as a share of it; 0 if it is exact
     */
    public record State(StateView view, long count, double countError, long entries, long bytes) {}

    /** A state that has nothing to rank, and why. */
    public record Omitted(StateView view, String reason) {}

    public TopList {
        states = List.copyOf(states);
        top = List.copyOf(top);
        omitted = List.copyOf(omitted);
    }

    /**
     * Ranks what the states have.
     *
     * @param progress called again and again while it reads
     */
    public static TopList of(List<StateView> states, Request request, Runnable progress)
            throws IOException {
        Collecting collecting = new Collecting(request, progress);
        for (StateView view : states) {
            if (request.isExact() || view.isRows()) {
                collecting.addExact(view);
            } else {
                collecting.addSketched(view);
            }
        }
        return collecting.finish();
    }

    /** A ranking on its way. */
    private static final class Collecting {
        private final Request request;
        private final Runnable progress;
        private final List<State> states = new ArrayList<>();
        private final List<TopEntry> all = new ArrayList<>();
        private final List<Omitted> omitted = new ArrayList<>();

        /** Keys of these states are all of an entry's key. */
        private final Map<StateView, Boolean> hasWholeKeys = new HashMap<>();

        private int sketchedFiles;
        private int readFiles;
        private long readBytes;
        private long missedBy;

        Collecting(Request request, Runnable progress) {
            this.request = request;
            this.progress = progress;
        }

        private long weight(TopEntry one) {
            if (request.measure() == Measure.BYTES) {
                return request.isExact() ? one.liveBytes() : one.stored().bytes();
            }
            return request.isExact() ? one.liveEntries() : one.stored().entries();
        }

        void addExact(StateView view) throws IOException {
            EntryColumns columns = MergedState.columns(view);
            if (!LiveProfile.has(columns, request.subject())) {
                omitted.add(
                        new Omitted(
                                view,
                                request.subject() == Subject.MAP_KEYS
                                        ? "no map keys"
                                        : "no namespaces"));
                return;
            }
            noteWholeKeys(view, columns, false);
            LiveProfile profile =
                    LiveProfile.of(
                            view, request.subject(), request.measure(), request.limit(), progress);
            states.add(new State(view, profile.count(), 0, profile.entries(), profile.bytes()));
            for (LiveProfile.Ranked one : profile.top()) {
                // A canonical savepoint stores what is live, and nothing else.
                all.add(
                        new TopEntry(
                                view,
                                one.name(),
                                one.keyGroup(),
                                one.key(),
                                new TopEntry.Stored(
                                        false,
                                        view.isRows() ? one.entries() : -1,
                                        view.isRows() ? 0 : -1,
                                        view.isRows() ? one.bytes() : -1),
                                one.entries(),
                                one.bytes()));
            }
            missedBy = Math.max(missedBy, profile.missedBy());
        }

        private void noteWholeKeys(
                StateView view, @Nullable EntryColumns columns, boolean wholeKeys) {
            hasWholeKeys.put(view, wholeKeys || columns == null || columns.isKeyAll());
        }

        void addSketched(StateView view) throws IOException {
            StateProfile profile = StateProfile.of(view, progress);
            sketchedFiles += profile.effort().sketchedFiles();
            readFiles += profile.effort().readFiles();
            readBytes += profile.effort().readBytes();
            noteWholeKeys(view, profile.columns(), profile.keys().areWhole());
            if (request.subject() == Subject.KEY_GROUPS) {
                states.add(
                        new State(
                                view,
                                profile.groups().size(),
                                0,
                                profile.entries(),
                                profile.bytes()));
                addGroups(profile);
                return;
            }
            states.add(
                    new State(
                            view,
                            view.isQueue() ? -1 : profile.keyEstimate(),
                            profile.keys().sample().relativeError(),
                            profile.entries(),
                            profile.bytes()));
            if (view.isQueue()) {
                omitted.add(new Omitted(view, "counted by key only with --exact"));
                return;
            }
            if (profile.keys().areWhole() && profile.entries() > 0) {
                omitted.add(
                        new Omitted(
                                view,
                                "nothing tells where keys end, so that each entry counts as one"));
            }
            addKeys(profile);
        }

        private void addGroups(StateProfile profile) {
            profile.groups()
                    .forEach(
                            (group, of) ->
                                    all.add(
                                            new TopEntry(
                                                    profile.view(),
                                                    (of.isExact() ? "" : "~ ") + group,
                                                    group,
                                                    OwnedSlice.EMPTY,
                                                    new TopEntry.Stored(
                                                            false,
                                                            Math.round(of.entries()),
                                                            -1,
                                                            Math.round(of.bytes())),
                                                    -1,
                                                    -1)));
        }

        private void addKeys(StateProfile profile) {
            KeyTexts texts = new KeyTexts(profile.columns());
            int prefix = StateProfile.keyGroupBytes(profile.view(), profile.columns());
            for (StateProfile.Heavy one : profile.keys().heaviest()) {
                all.add(
                        new TopEntry(
                                profile.view(),
                                texts.ofKey(one.key(), one.isCut()),
                                KeyTexts.keyGroup(one.key(), prefix),
                                one.isCut() ? OwnedSlice.EMPTY : one.key(),
                                new TopEntry.Stored(
                                        one.most().bytes() > one.bytes(),
                                        one.entries(),
                                        one.tombstones(),
                                        one.bytes()),
                                -1,
                                -1));
            }
            missedBy =
                    Math.max(
                            missedBy,
                            request.measure() == Measure.BYTES
                                    ? profile.keys().omitted().bytes()
                                    : profile.keys().omitted().entries());
        }

        TopList finish() throws IOException {
            all.sort(
                    Comparator.comparingLong((TopEntry one) -> -weight(one))
                            .thenComparingInt(TopEntry::keyGroup)
                            .thenComparing(TopEntry::name));
            List<TopEntry> top = new ArrayList<>();
            for (TopEntry one : all.subList(0, Math.min(request.limit(), all.size()))) {
                top.add(one);
            }
            if (!request.isExact() && top.size() < all.size()) {
                // What was found, and is not shown, may weigh more than what was not found.
                missedBy = Math.max(missedBy, weight(all.get(top.size())));
            }
            if (request.subject() == Subject.KEYS) {
                lookUp(top);
            }
            return new TopList(
                    request, states, top, sketchedFiles, readFiles, readBytes, missedBy, omitted);
        }

        /** What is live of a key was counted already where all was read. */
        private KeyFootprint footprint(MergedState merged, TopEntry one, boolean isWhole)
                throws IOException {
            return request.isExact()
                    ? KeyFootprint.of(
                            merged,
                            one.key(),
                            isWhole,
                            new KeyFootprint.Live(one.liveEntries(), one.liveBytes()),
                            progress)
                    : KeyFootprint.of(merged, one.key(), isWhole, progress);
        }

        /** Reads the keys that are shown, and no others. */
        private void lookUp(List<TopEntry> top) throws IOException {
            Map<StateView, MergedState> open = new HashMap<>();
            long room = request.isExact() ? Long.MAX_VALUE : LOOKED_UP_BYTES_MAX;
            try {
                for (int i = 0; i < top.size(); i++) {
                    TopEntry one = top.get(i);
                    if (one.key().length() == 0 || one.stored().bytes() > room) {
                        continue;
                    }
                    room -= Math.max(0, one.stored().bytes());
                    MergedState merged = open.get(one.view());
                    if (merged == null) {
                        merged = MergedState.open(one.view());
                        open.put(one.view(), merged);
                    }
                    boolean isWhole = hasWholeKeys.getOrDefault(one.view(), true);
                    top.set(i, one.with(footprint(merged, one, isWhole)));
                }
            } finally {
                open.values().forEach(MergedState::close);
            }
        }
    }
}
