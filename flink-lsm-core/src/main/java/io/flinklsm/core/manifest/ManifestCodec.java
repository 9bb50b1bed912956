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
package io.flinklsm.core.manifest;

import io.flinklsm.core.bytes.Checksum;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Unicode;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.errors.UnknownFormatException;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageNames;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The manifest: a checkpoint image as bytes, see docs/format.md#manifest. Starts with a magic
 * number, the format version, the body's length and its CRC32C, all checked before the body is
 * parsed.
 *
 * <pre>
 * header  magic "FLSMMANI" (8) · format (int) · body length (int) · CRC32C of format, length and body (int)
 * body    checkpoint id (long) · created millis (long) · operator (text) · trees (int) · tree*
 * tree    name (text) · SSTables (int) · sstable*
 * sstable file name (text) · level (int) · generation, size, tail offset (long) · tail checksum (int) ·
 *         entries, tombstones, merges (long) · min key, max key (bytes) · min, max write time (long) · clip
 * clip    0, or 1 · start (bytes), or 2 · start (bytes) · end (bytes)          (1: nothing bounds it)
 * text    UTF-8 as bytes;   bytes: length (int) · the bytes;   numbers are big-endian
 * </pre>
 *
 * Format 1, which is read too, has no operator.
 */
public final class ManifestCodec {

    /** The newest format that this code writes and reads; on disk: never renumber. */
    public static final int FORMAT = 2;

    private static final int FORMAT_WITHOUT_OPERATOR = 1;

    private static final long MAGIC = 0x464C_534D_4D41_4E49L; // "FLSMMANI"
    private static final int HEADER_BYTES = Long.BYTES + 3 * Integer.BYTES;

    /** A manifest holds some hundred bytes an SSTable: this is a quarter of a million of them. */
    private static final int MAX_BYTES = 256 << 20;

    /** Far above what any picker makes. */
    private static final int MAX_LEVEL = 255;

    private static final int NO_CLIP = 0;
    private static final int CLIP_FROM = 1;
    private static final int CLIP_BETWEEN = 2;

    private ManifestCodec() {}

    // -------------------------------------------------------------------------------------- write

    /** A manifest of a store that belongs to no operator. */
    public static byte[] encode(CheckpointImage image) {
        return encode(image, "");
    }

    /**
     * @param operator its id in Flink's hexadecimal digits, so that a reader of manifests alone can
     *     tell the states of several operators apart; empty if unknown
     */
    public static byte[] encode(CheckpointImage image, String operator) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(body)) {
            out.writeLong(image.checkpointId());
            out.writeLong(image.createdMillis());
            writeText(out, operator);
            out.writeInt(image.trees().size());
            for (TreeImage tree : image.trees()) {
                writeText(out, tree.treeName());
                out.writeInt(tree.sstables().size());
                for (SstableMeta meta : tree.sstables()) {
                    writeSstable(out, meta);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] bodyBytes = body.toByteArray();
        if (bodyBytes.length > MAX_BYTES - HEADER_BYTES) {
            throw new IllegalStateException(
                    "[checkpoint "
                            + image.checkpointId()
                            + "] its manifest would be too long to be read: bodyBytes="
                            + bodyBytes.length
                            + ", maximum="
                            + (MAX_BYTES - HEADER_BYTES));
        }
        ByteBuffer manifest = ByteBuffer.allocate(HEADER_BYTES + bodyBytes.length);
        manifest.putLong(MAGIC).putInt(FORMAT).putInt(bodyBytes.length).putInt(0).put(bodyBytes);
        return manifest.putInt(Long.BYTES + 2 * Integer.BYTES, checksum(manifest.array())).array();
    }

    private static void writeSstable(DataOutputStream out, SstableMeta meta) throws IOException {
        writeText(out, meta.fileName());
        out.writeInt(meta.level());
        out.writeLong(meta.generation());
        out.writeLong(meta.sizeBytes());
        out.writeLong(meta.tailOffset());
        out.writeInt(meta.tailChecksum());
        out.writeLong(meta.entryCount());
        out.writeLong(meta.tombstoneCount());
        out.writeLong(meta.mergeCount());
        writeBytes(out, meta.minKey());
        writeBytes(out, meta.maxKey());
        out.writeLong(meta.minWriteTimeMillis());
        out.writeLong(meta.maxWriteTimeMillis());
        KeyRange clip = meta.clip();
        if (clip == null) {
            out.writeByte(NO_CLIP);
            return;
        }
        OwnedSlice end = clip.end();
        out.writeByte(end == null ? CLIP_FROM : CLIP_BETWEEN);
        writeBytes(out, clip.start());
        if (end != null) {
            writeBytes(out, end);
        }
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        writeBytes(out, OwnedSlice.wrap(Unicode.encode(text)));
    }

    private static void writeBytes(DataOutputStream out, OwnedSlice bytes) throws IOException {
        out.writeInt(bytes.length());
        out.write(bytes.bytesUnsafe());
    }

    /** Covers all of the manifest but the magic number and itself. */
    private static int checksum(byte[] manifest) {
        ByteBuffer covered = ByteBuffer.allocate(manifest.length - Long.BYTES - Integer.BYTES);
        covered.put(manifest, Long.BYTES, 2 * Integer.BYTES);
        covered.put(manifest, HEADER_BYTES, manifest.length - HEADER_BYTES);
        return Checksum.crc32c(covered.array(), 0, covered.capacity());
    }

    // --------------------------------------------------------------------------------------- read

    /** Reads a whole manifest file; see {@link #decode}. */
    public static CheckpointImage read(StorageInput in, String source) throws IOException {
        if (in.size() > MAX_BYTES) {
            throw damaged(source, "is too long for a manifest: sizeBytes=" + in.size(), null);
        }
        byte[] bytes = new byte[(int) in.size()];
        in.readFully(0, bytes, 0, bytes.length);
        return decode(bytes, source);
    }

    /**
     * @param source what errors call the bytes: a file name or a handle
     * @throws CorruptionException if it is damaged, of an unknown version, or names a file that is
     *     not a bare file name
     */
    public static CheckpointImage decode(byte[] bytes, String source) throws IOException {
        int format = checkHeader(bytes, source);
        ByteArrayInputStream body =
                new ByteArrayInputStream(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
        try (DataInputStream in = new DataInputStream(body)) {
            CheckpointImage image = readImage(in, format, source);
            if (in.available() > 0) {
                throw damaged(source, "goes on behind its end: bytes=" + in.available(), null);
            }
            return image;
        } catch (CorruptionException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw damaged(source, "cannot be parsed: " + e.getMessage(), e);
        }
    }

    /** Gives the format. */
    private static int checkHeader(byte[] bytes, String source) throws CorruptionException {
        if (bytes.length < HEADER_BYTES) {
            throw damaged(source, "is too short for a manifest: sizeBytes=" + bytes.length, null);
        }
        ByteBuffer header = ByteBuffer.wrap(bytes);
        long magic = header.getLong();
        if (magic != MAGIC) {
            throw damaged(
                    source, "is not a manifest: magic=" + String.format("%016x", magic), null);
        }
        int format = header.getInt();
        int bodyLength = header.getInt();
        int stored = header.getInt();
        int computed = checksum(bytes);
        if (stored != computed) {
            throw damaged(
                    source,
                    String.format(
                            "fails its checksum: stored=%08x, computed=%08x", stored, computed),
                    null);
        }
        if (format != FORMAT && format != FORMAT_WITHOUT_OPERATOR) {
            throw new UnknownFormatException(
                    "["
                            + source
                            + "] is a manifest of an unknown format: format="
                            + format
                            + ", newest known="
                            + FORMAT
                            + "; read it with the flink-lsm release that wrote it, or a newer one");
        }
        if (bodyLength != bytes.length - HEADER_BYTES) {
            throw damaged(
                    source,
                    "has another length than it says: stored="
                            + bodyLength
                            + ", found="
                            + (bytes.length - HEADER_BYTES),
                    null);
        }
        return format;
    }

    private static CheckpointImage readImage(DataInputStream in, int format, String source)
            throws IOException {
        long checkpointId = in.readLong();
        long createdMillis = in.readLong();
        if (format != FORMAT_WITHOUT_OPERATOR) {
            // For readers that do not know Flink's metadata, which decides.
            readText(in);
        }
        int treeCount = readCount(in);
        List<TreeImage> trees = new ArrayList<>();
        Set<String> treeNames = new HashSet<>();
        for (int i = 0; i < treeCount; i++) {
            String treeName = readText(in);
            if (!treeNames.add(treeName)) {
                throw new IOException("a tree is listed twice: name=" + printable(treeName));
            }
            int sstableCount = readCount(in);
            List<SstableMeta> sstables = new ArrayList<>();
            for (int j = 0; j < sstableCount; j++) {
                sstables.add(readSstable(in, treeName, source));
            }
            trees.add(new TreeImage(treeName, sstables));
        }
        return new CheckpointImage(checkpointId, createdMillis, trees);
    }

    private static SstableMeta readSstable(DataInputStream in, String treeName, String source)
            throws IOException {
        String fileName = readText(in);
        if (!StorageNames.isValid(fileName)) {
            throw damaged(
                    source,
                    "names a file outside of its own directory: fileName=" + printable(fileName),
                    null);
        }
        int level = in.readInt();
        long generation = in.readLong();
        SstableMeta.Extent extent =
                new SstableMeta.Extent(in.readLong(), in.readLong(), in.readInt());
        SstableMeta.Content content =
                new SstableMeta.Content(
                        in.readLong(), in.readLong(), in.readLong(), readBytes(in), readBytes(in));
        SstableIdentity identity =
                new SstableIdentity(fileName, treeName, generation, in.readLong(), in.readLong());
        SstableMeta meta = new SstableMeta(identity, extent, content, level, readClip(in));
        checkMeta(meta);
        return meta;
    }

    /**
     * What no writer writes, and no meta forbids. A checksum protects from damage, not from
     * somebody who can write to the bucket: the code behind relies on these.
     */
    private static void checkMeta(SstableMeta meta) throws IOException {
        boolean plausible = meta.level() <= MAX_LEVEL && meta.generation() < Long.MAX_VALUE;
        if (!plausible) {
            throw new IOException("an SSTable is described impossibly: " + meta);
        }
    }

    private static @Nullable KeyRange readClip(DataInputStream in) throws IOException {
        int form = in.readUnsignedByte();
        return switch (form) {
            case NO_CLIP -> null;
            case CLIP_FROM -> new KeyRange(readBytes(in), null);
            case CLIP_BETWEEN -> new KeyRange(readBytes(in), readBytes(in));
            default -> throw new IOException("unknown form of a clip: " + form);
        };
    }

    private static String readText(DataInputStream in) throws IOException {
        byte[] bytes = readBytes(in).bytesUnsafe();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IOException("a name is not UTF-8", e);
        }
    }

    private static OwnedSlice readBytes(DataInputStream in) throws IOException {
        byte[] bytes = new byte[readCount(in)];
        in.readFully(bytes);
        return OwnedSlice.wrap(bytes);
    }

    /**
     * A length or count; what follows takes at least a byte each, so more than is left is damage.
     */
    private static int readCount(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.available()) {
            throw new IOException(
                    "a length is impossible: length=" + count + ", left=" + in.available());
        }
        return count;
    }

    private static String printable(String name) {
        StringBuilder text = new StringBuilder();
        name.codePoints()
                .limit(200)
                .forEach(c -> text.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return text.toString();
    }

    private static CorruptionException damaged(
            String source, String what, @Nullable Throwable cause) {
        return new CorruptionException(
                "["
                        + source
                        + "] "
                        + what
                        + "; the manifest is damaged, restore an earlier checkpoint",
                cause);
    }
}
