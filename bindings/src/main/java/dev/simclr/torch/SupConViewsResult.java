package dev.simclr.torch;

/**
 * The supervised contrastive loss of several views and its metrics, each 0-dim and owned by the
 * current scope.
 *
 * @param loss mean over the rows that have a positive, with a graph; NaN if there is none
 * @param skipped INT64: the number of rows without a positive
 * @param accuracy share of the anchors of view 1 whose other view is strictly more similar than
 *     each other row of view 2
 * @param entropy mean entropy, in nats, of the softmax of those similarities
 */
public record SupConViewsResult(Tensor loss, Tensor skipped, Tensor accuracy, Tensor entropy) {}
