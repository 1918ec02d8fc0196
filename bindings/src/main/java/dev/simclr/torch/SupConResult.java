package dev.simclr.torch;

/**
 * What {@link Losses#supCon} computes; both are 0-dim.
 *
 * @param loss the mean over the anchors, in nats; gradients flow through it
 * @param skipped INT64, the rows without a positive, which are no anchors
 */
public record SupConResult(Tensor loss, Tensor skipped) {}
