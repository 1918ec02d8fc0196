package dev.simclr.torch;

/**
 * What {@link Losses#ntXent} and {@link Losses#dcl} compute; all are 0-dim.
 *
 * @param loss the mean over the 2N anchors, in nats; gradients flow through it
 * @param accuracy the share, in [0, 1], of the N view-1 anchors whose positive is strictly more
 *     similar than each of the other N - 1 rows of view 2; a collapsed representation gives 0
 * @param entropy the mean entropy, in nats, of the softmax of those N similarities over the
 *     temperature
 */
public record NtXentResult(Tensor loss, Tensor accuracy, Tensor entropy) {}
