package dev.simclr.torch;

/**
 * What {@link Losses#contrastiveMeasures} computes; both are 0-dim and have no gradient.
 *
 * @param accuracy the share of view-1 anchors whose positive is strictly more similar than the
 *     other rows of view 2
 * @param entropy the mean entropy of the softmax of those similarities, in nats
 */
public record ContrastiveMeasures(Tensor accuracy, Tensor entropy) {}
