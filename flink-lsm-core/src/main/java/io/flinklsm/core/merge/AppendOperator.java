package io.flinklsm.core.merge;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;

/**
 * Concatenates with one separator byte between: the form of a Flink list state, whose elements are
 * serialised one after another with a comma between them.
 *
 * @param separator the byte between two operands, 0 to 255
 */
public record AppendOperator(int separator) implements MergeOperator {

    public AppendOperator {
        if (separator < 0 || separator > 255) {
            throw new IllegalArgumentException("not a byte: separator=" + separator);
        }
    }

    @Override
    public void fold(Slice older, Slice newer, ValueBuffer out) {
        out.append(older).append((byte) separator).append(newer);
    }
}
