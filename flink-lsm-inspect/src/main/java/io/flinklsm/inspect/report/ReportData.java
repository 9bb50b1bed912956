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
package io.flinklsm.inspect.report;

import com.fasterxml.jackson.core.JsonGenerator;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.health.HealthCheck;
import io.flinklsm.inspect.health.HealthCheck.StateHealth;
import io.flinklsm.inspect.health.HealthFinding;
import io.flinklsm.inspect.health.TtlAges;
import io.flinklsm.inspect.profile.StateProfile;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.SourceFile;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the page is about, as its script reads it.
 *
 * @param kept the checkpoints of the job that are kept, oldest first
 * @param health of all states, in the order of the checkpoint
 */
public record ReportData(
        Checkpoint checkpoint, List<Kept> kept, HealthCheck health, long nowMillis) {

    /** In the picture of where the bytes are, a state has at most so many parts. */
    private static final int TREEMAP_GROUPS = 32;

    private static final int TOP_KEYS = 200;

    /** A checkpoint beside this one. */
    public record Kept(String name, Checkpoint checkpoint) {}

    public ReportData {
        kept = List.copyOf(kept);
    }

    /** Writes the fields of the object. */
    public void write(JsonGenerator json) throws IOException {
        json.writeStringField("location", checkpoint.location());
        json.writeStringField("kind", checkpoint.kind().label());
        json.writeNumberField("id", checkpoint.id());
        json.writeNumberField("created", checkpoint.createdMillis());
        json.writeNumberField("generated", nowMillis);
        json.writeNumberField("fileBytes", checkpoint.sstableBytes());
        Map<StateView, Integer> indexes = new HashMap<>();
        for (StateHealth state : health.states()) {
            indexes.put(state.profile().view(), indexes.size());
        }
        writeFindings(indexes, json);
        json.writeArrayFieldStart("states");
        for (StateHealth state : health.states()) {
            writeState(state, json);
        }
        json.writeEndArray();
        writeTreemap(json);
        writeGrowth(json);
        writeKeys(json);
        json.writeArrayFieldStart("files");
        for (StateHealth state : health.states()) {
            StateView view = state.profile().view();
            writeFiles(view, indexes.getOrDefault(view, 0), json);
        }
        json.writeEndArray();
    }

    private void writeFindings(Map<StateView, Integer> indexes, JsonGenerator json)
            throws IOException {
        json.writeArrayFieldStart("findings");
        for (HealthFinding finding : health.findings()) {
            json.writeStartObject();
            json.writeNumberField("index", indexes.getOrDefault(finding.view(), 0));
            json.writeStringField("code", finding.code().name().toLowerCase(Locale.ROOT));
            json.writeStringField("text", finding.text());
            json.writeStringField("advice", finding.advice());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeState(StateHealth state, JsonGenerator json) throws IOException {
        StateProfile profile = state.profile();
        StateView view = profile.view();
        EntryColumns columns = profile.columns();
        json.writeStartObject();
        json.writeStringField("operator", view.operator().label());
        json.writeStringField("state", view.name());
        json.writeStringField("types", columns == null ? "bytes" : columns.toString());
        json.writeNumberField("keys", view.isQueue() ? -1 : profile.keyEstimate());
        json.writeNumberField("entries", profile.entries());
        json.writeNumberField("tombstones", view.tombstoneCount());
        json.writeNumberField("bytes", profile.bytes());
        json.writeNumberField("fileBytes", view.sizeBytes());
        json.writeArrayFieldStart("sizes");
        for (long count : profile.sizes()) {
            json.writeNumber(count);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("groups");
        for (Map.Entry<Integer, StateProfile.Group> group :
                new TreeMap<>(profile.groups()).entrySet()) {
            json.writeStartArray();
            json.writeNumber(group.getKey());
            json.writeNumber(Math.round(group.getValue().bytes()));
            json.writeEndArray();
        }
        json.writeEndArray();
        TtlAges ttl = state.ttl();
        if (ttl != null) {
            json.writeObjectFieldStart("ttl");
            json.writeNumberField("expired", ttl.expiredBytes());
            json.writeArrayFieldStart("ages");
            for (TtlAges.Age age : ttl.ages()) {
                json.writeNumber(age.bytes());
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private void writeTreemap(JsonGenerator json) throws IOException {
        Map<String, List<StateProfile>> operators = new LinkedHashMap<>();
        for (StateHealth state : health.states()) {
            StateProfile profile = state.profile();
            if (profile.bytes() > 0) {
                operators
                        .computeIfAbsent(
                                profile.view().operator().label(), name -> new ArrayList<>())
                        .add(profile);
            }
        }
        json.writeArrayFieldStart("treemap");
        for (Map.Entry<String, List<StateProfile>> operator : operators.entrySet()) {
            json.writeStartObject();
            json.writeStringField("name", operator.getKey());
            json.writeNumberField(
                    "bytes", operator.getValue().stream().mapToLong(StateProfile::bytes).sum());
            json.writeArrayFieldStart("children");
            for (StateProfile profile : operator.getValue()) {
                json.writeStartObject();
                json.writeStringField("name", profile.view().name());
                json.writeNumberField("bytes", profile.bytes());
                writeTreemapGroups(profile, json);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeTreemapGroups(StateProfile profile, JsonGenerator json)
            throws IOException {
        TreeMap<Integer, Double> groups = new TreeMap<>();
        profile.groups().forEach((group, of) -> groups.put(group, of.bytes()));
        if (groups.isEmpty()) {
            return;
        }
        int width = 1;
        while ((groups.lastKey() + 1) / width > TREEMAP_GROUPS) {
            width *= 2;
        }
        TreeMap<Integer, Double> parts = new TreeMap<>();
        for (Map.Entry<Integer, Double> group : groups.entrySet()) {
            parts.merge(group.getKey() / width * width, group.getValue(), Double::sum);
        }
        json.writeArrayFieldStart("children");
        for (Map.Entry<Integer, Double> part : parts.entrySet()) {
            int first = part.getKey();
            json.writeStartObject();
            json.writeStringField(
                    "name",
                    width == 1
                            ? "key group " + first
                            : "key groups " + first + "-" + (first + width - 1));
            json.writeNumberField("bytes", Math.round(part.getValue()));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeGrowth(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("growth");
        Set<String> before = Set.of();
        for (Kept one : kept) {
            // New in level 0, new below it, there before.
            long[] sums = new long[3];
            Set<String> files = new HashSet<>();
            for (StateView view : one.checkpoint().states()) {
                for (SstableMeta meta : view.sstables()) {
                    if (files.add(meta.fileName())) {
                        int kind = before.contains(meta.fileName()) ? 2 : meta.level() == 0 ? 0 : 1;
                        sums[kind] += meta.sizeBytes();
                    }
                }
            }
            if (before.isEmpty() && one.checkpoint().newBytes() >= 0) {
                // What stood before the oldest that is kept, only its metadata tell.
                long all = sums[0] + sums[1];
                sums[0] = Math.min(all, one.checkpoint().newBytes());
                sums[1] = 0;
                sums[2] = all - sums[0];
            }
            before = files;
            json.writeStartObject();
            json.writeStringField("name", one.name());
            json.writeNumberField("written", sums[0]);
            json.writeNumberField("rewritten", sums[1]);
            json.writeNumberField("shared", sums[2]);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeKeys(JsonGenerator json) throws IOException {
        record Line(StateProfile profile, StateProfile.Heavy key) {}
        List<Line> lines = new ArrayList<>();
        for (StateHealth state : health.states()) {
            if (!state.profile().view().isQueue()) {
                state.profile().keys().heaviest().stream()
                        .limit(TOP_KEYS)
                        .forEach(key -> lines.add(new Line(state.profile(), key)));
            }
        }
        lines.sort((left, right) -> Long.compare(right.key().bytes(), left.key().bytes()));
        json.writeArrayFieldStart("keys");
        for (Line line : lines.subList(0, Math.min(TOP_KEYS, lines.size()))) {
            json.writeStartObject();
            json.writeStringField("operator", line.profile().view().operator().label());
            json.writeStringField("state", line.profile().view().name());
            json.writeNumberField("group", line.profile().groupOf(line.key()));
            json.writeStringField("key", line.profile().nameOf(line.key()));
            json.writeNumberField("entries", line.key().entries());
            json.writeNumberField("tombstones", line.key().tombstones());
            json.writeNumberField("bytes", line.key().bytes());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeFiles(StateView view, int index, JsonGenerator json)
            throws IOException {
        int prefix = Math.max(0, view.keyGroupBytes());
        for (StateView.Part part : view.parts()) {
            for (SstableMeta meta : part.sstables()) {
                SourceFile file = part.store().storage().files().get(meta.fileName());
                KeyRange visible = meta.visibleRange();
                json.writeStartObject();
                json.writeNumberField("index", index);
                json.writeNumberField("subtask", part.store().subtask());
                json.writeNumberField("level", meta.level());
                json.writeNumberField("generation", meta.generation());
                json.writeNumberField("entries", meta.entryCount());
                json.writeNumberField("tombstones", meta.tombstoneCount());
                json.writeNumberField("bytes", meta.sizeBytes());
                json.writeNumberField("written", meta.maxWriteTimeMillis());
                json.writeNumberField("from", place(visible.start(), prefix));
                json.writeNumberField("to", place(visible.end(), prefix));
                json.writeBooleanField("clipped", meta.clip() != null);
                json.writeStringField("shared", file != null && file.isShared() ? "yes" : "no");
                json.writeStringField("location", file == null ? meta.fileName() : file.location());
                json.writeEndObject();
            }
        }
    }

    /** Where a key stands: its key group, and the next two bytes behind the point. */
    private static double place(@Nullable OwnedSlice key, int prefix) {
        if (key == null) {
            return 1 << (Byte.SIZE * prefix);
        }
        byte[] bytes = key.toBytes();
        double place = 0;
        double unit = Math.pow(256, prefix - 1.0);
        for (int i = 0; i < Math.min(bytes.length, prefix + 2); i++) {
            place += (bytes[i] & 0xFF) * unit;
            unit /= 256;
        }
        return place;
    }
}
