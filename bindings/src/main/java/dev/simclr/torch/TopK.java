package dev.simclr.torch;

/**
 * Elements picked along a dimension, and where they were.
 *
 * @param values the elements
 * @param indices their INT64 positions along the dimension, in the shape of {@code values}
 */
public record TopK(Tensor values, Tensor indices) {}
