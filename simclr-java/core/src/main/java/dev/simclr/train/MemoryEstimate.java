package dev.simclr.train;

import java.util.Locale;

/**
 * The largest amounts of memory that a run holds at one time, estimated before it starts; the JVM
 * and libtorch themselves are not counted.
 *
 * @param activations what the forward pass of a batch, or a chunk of it, keeps for the backward
 *     pass, and gradients
 * @param weights parameters, gradients and optimizer state
 * @param batches the ring of batch buffers, and features of a step for {@code eval.probe}
 * @param loss the contrastive loss
 * @param features features of training and test images during an evaluation
 */
public record MemoryEstimate(
    long activations, long weights, long batches, long loss, long features) {

  /** Returns the rest of the estimate, for a network of unknown size. */
  MemoryEstimate withoutNetwork() {
    return new MemoryEstimate(0, 0, batches, loss, 0);
  }

  /** Returns the peak in bytes; evaluation and training steps do not overlap. */
  public long peakBytes() {
    return weights + batches + Math.max(activations + loss, features);
  }

  /** Returns the peak and its parts in MiB, in one line. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d MiB beside the JVM and libtorch (weights %,d, batches %,d; in training activations %,d"
            + " and loss %,d, in evaluation features %,d)",
        mib(peakBytes()),
        mib(weights),
        mib(batches),
        mib(activations),
        mib(loss),
        mib(features));
  }

  static long mib(long bytes) {
    return bytes >> 20;
  }

  /**
   * Estimates a run.
   *
   * @param config the run
   * @param bf16 whether activations are bfloat16
   * @param images training and test images whose features an evaluation holds
   * @param buffers batch buffers in the ring
   */
  static MemoryEstimate of(PretrainConfig config, boolean bf16, long images, int buffers) {
    long size = config.data().imageSize();
    TrainConfig train = config.train();
    long views = (long) config.augment().views() * train.batch();
    long encoded = Chunks.several(train) ? views / train.batch() * train.chunk() : views;
    long typeBytes = bf16 ? 2 : 4;
    NetworkSize network = NetworkSize.of(config);
    // A convolution's output is kept for its batch norm, and what leaves the activation function is
    // kept for the next convolution; the gradient of the widest layer exists twice for a moment.
    double perView = 2 * network.outputs() + 4 * network.widest();
    // Weights, gradients, two kinds of optimizer state at most, and their bfloat16 copies.
    int states = config.optim().name() == OptimConfig.Algorithm.ADAMW ? 2 : 1;
    double perParameter = 4 * (2 + states) + (bf16 ? 2 : 0);
    return new MemoryEstimate(
        (long) (encoded * perView * typeBytes),
        (long) (network.parameters() * perParameter),
        buffers * views * 3 * size * size * typeBytes + probe(config, network),
        loss(config, network, views),
        (long) (images * network.featureDim() * 4 * 2));
  }

  private static long probe(PretrainConfig config, NetworkSize network) {
    long rows = (long) config.augment().views() * config.train().imagesPerStep();
    return config.eval().probe()
        ? rows * ((long) network.featureDim() + projectionDim(config, network)) * 4
        : 0;
  }

  /**
   * No loss holds a matrix of similarities: projections, their directions, gradients of both; of a
   * queue rows and their directions.
   */
  private static long loss(PretrainConfig config, NetworkSize network, long views) {
    return (4 * views + 2L * config.loss().queue()) * projectionDim(config, network) * 4;
  }

  /** Width of z, which without a head is h. */
  private static long projectionDim(PretrainConfig config, NetworkSize network) {
    HeadConfig head = config.head();
    return head.layers() == 0 ? (long) network.featureDim() : head.out();
  }
}
