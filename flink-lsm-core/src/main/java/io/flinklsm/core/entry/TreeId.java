package io.flinklsm.core.entry;

/** Identifies a tree inside one store; counts from 0. */
public record TreeId(int number) {

    public TreeId {
        if (number < 0) {
            throw new IllegalArgumentException("a tree id must not be negative: number=" + number);
        }
    }

    @Override
    public String toString() {
        return "tree-" + number;
    }
}
