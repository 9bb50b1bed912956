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
package io.flinklsm.statebackend.ttl;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.merge.EntryFilter.Decision;
import io.flinklsm.statebackend.key.EntryFormat;
import io.flinklsm.statebackend.ttl.TtlEntryFilter.ExpiryTest;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Drops the expired elements of a serialised list, wherever they stand in it. Elements of fixed
 * length are stepped over; others must be deserialised to find their end. Of one compaction, on one
 * thread.
 */
final class ListExpiry {

    private final ExpiryTest expiry;
    private final TypeSerializer<?> elementSerializer;
    private final int fixedLength;
    private final DataInputDeserializer in = new DataInputDeserializer();

    /**
     * @param elementSerializer owned
     */
    ListExpiry(ExpiryTest expiry, TypeSerializer<?> elementSerializer) {
        this.expiry = expiry;
        this.elementSerializer = elementSerializer;
        this.fixedLength = elementSerializer.getLength();
    }

    Decision filter(Slice value, ValueBuffer replacement) {
        byte[] bytes = value.toBytes();
        int keptElements = 0;
        int elements = 0;
        int from = 0;
        while (from < bytes.length) {
            int end = fixedLength > 0 ? from + fixedLength : endOfElement(bytes, from);
            if (end > bytes.length || end - from < Long.BYTES) {
                throw new FlinkRuntimeException(
                        "a list with TTL is not a sequence of its elements: bytes="
                                + bytes.length
                                + ", element from="
                                + from
                                + ", to="
                                + end
                                + "; the state is damaged, restore an earlier checkpoint");
            }
            elements++;
            if (!expiry.isExpired(timestamp(bytes, from))) {
                if (keptElements++ > 0) {
                    replacement.append((byte) EntryFormat.LIST_DELIMITER);
                }
                replacement.append(bytes, from, end - from);
            }
            from = end + 1;
        }
        if (keptElements == elements) {
            return Decision.KEEP;
        }
        return keptElements == 0 ? Decision.DROP : Decision.REPLACE;
    }

    /** The same for a list that is too large to be held. */
    @Nullable LargeValue filterLarge(LargeValue value) throws IOException {
        return new LargeListExpiry(expiry, elementSerializer, value).filter();
    }

    private int endOfElement(byte[] bytes, int from) {
        try {
            in.setBuffer(bytes, from, bytes.length - from);
            elementSerializer.deserialize(in);
            return in.getPosition();
        } catch (IOException e) {
            throw new FlinkRuntimeException(
                    "an element of a list with TTL could not be deserialised: from="
                            + from
                            + "; the cause tells what to mend",
                    e);
        }
    }

    private static long timestamp(byte[] bytes, int from) {
        long timestamp = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            timestamp = timestamp << 8 | bytes[from + i] & 0xFF;
        }
        return timestamp;
    }
}
