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
package io.flinklsm.core.sketch;

import java.util.ArrayList;
import java.util.List;

/**
 * What the entries of one SSTable are like. A key here is what Flink calls one: key group and key,
 * over all namespaces and map keys. Where nothing tells where the key ends (its serializer has no
 * columns), the key of each entry counts as one. Immutable.
 *
 * <p>The entries are stored ones: a key that is in two files is in both sketches, and tombstones
 * count as entries. Since a file is sorted, all entries of a key stand together, so what a sketch
 * says of a {@link HeavyKey} is exact for its file; of a key that it does not list, {@link
 * HeavyKeys} has exact upper bounds. Only {@link #sample} estimates.
 *
 * @param wholeKeys whether some keys were taken as wholes because it is unknown where they end
 * @param keyCount how many different keys the file has
 * @param bytes of keys and values, before compression
 * @param sizes how many entries have a size of 2^i up to 2^(i+1) - 1 bytes, key and value
 * @param groups in ascending order; empty if keys have no key group
 * @param heavy the keys that stand out
 */
public record KeySketch(
        boolean wholeKeys,
        long keyCount,
        long entries,
        long bytes,
        List<Long> sizes,
        List<KeyGroupShare> groups,
        HeavyKeys heavy,
        KeySample sample) {

    public KeySketch {
        sizes = List.copyOf(sizes);
        groups = List.copyOf(groups);
    }

    /**
     * As text for a file's footer, at most so long: what does not fit goes, the lightest of the
     * heavy keys and the highest hashes of the sample first.
     *
     * @param textLength at least {@link KeySketchCodec#TEXT_LENGTH_MIN}
     */
    public String toText(int textLength) {
        return KeySketchCodec.write(this, textLength);
    }

    /**
     * Reads what {@link #toText} gives.
     *
     * @throws IllegalArgumentException if the text is no such thing, whatever it is
     */
    public static KeySketch parse(String text) {
        return KeySketchCodec.read(text);
    }

    /**
     * The shares, which are equally wide, as at most so many: neighbours are put together where
     * there are more.
     */
    static List<KeyGroupShare> coarser(List<KeyGroupShare> shares, int count) {
        List<KeyGroupShare> coarse = shares;
        int width = shares.isEmpty() ? 1 : shares.get(0).groupCount();
        while (coarse.size() > count) {
            width *= 2;
            List<KeyGroupShare> wider = new ArrayList<>();
            for (KeyGroupShare share : coarse) {
                int first = share.firstGroup() / width * width;
                int at = wider.size() - 1;
                if (at >= 0 && wider.get(at).firstGroup() == first) {
                    KeyGroupShare before = wider.get(at);
                    wider.set(
                            at,
                            new KeyGroupShare(
                                    first,
                                    width,
                                    before.entries() + share.entries(),
                                    before.bytes() + share.bytes()));
                } else {
                    wider.add(new KeyGroupShare(first, width, share.entries(), share.bytes()));
                }
            }
            coarse = wider;
        }
        return coarse;
    }
}
