package dev.simclr.train;

import java.util.Objects;

/**
 * How a classifier is trained on labels.
 *
 * @param epochs passes over the training images; of each the last partial batch is dropped
 * @param batch images of a step
 * @param optim optimizer and learning-rate schedule
 * @param fromBlock the block after which weights are trained: {@link #ALL} for all of them, 0 after
 *     the stem, 1 to 3 after that stage, {@link #LINEAR_ONLY} for the linear layer alone. What is
 *     frozen runs in evaluation mode
 * @param seed of order, views and random weights
 */
public record FineTuneConfig(int epochs, int batch, OptimConfig optim, int fromBlock, long seed) {
  /** Trains all weights. */
  public static final int ALL = -1;

  /** Trains the linear layer alone: linear evaluation. */
  public static final int LINEAR_ONLY = 4;

  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public FineTuneConfig {
    Keys.between("epochs", epochs, 1, 1_000_000);
    Keys.between("batch", batch, 1, 65536);
    Objects.requireNonNull(optim, "optim");
    Keys.between("the block to train from", fromBlock, ALL, LINEAR_ONLY);
  }

  /**
   * Returns the linear evaluation of the SimCLR paper (arXiv 2002.05709, appendix B.6): SGD with
   * Nesterov momentum 0.9, learning rate 0.1 x B / 256, no weight decay, no warm-up, 90 epochs.
   *
   * @param batch images of a step, B
   */
  public static FineTuneConfig linear(int batch) {
    return new FineTuneConfig(90, batch, sgd(0.1), LINEAR_ONLY, 0);
  }

  /**
   * Returns the fine-tuning of the SimCLR paper (arXiv 2002.05709, appendix B.5): the same with
   * learning rate 0.05 x B / 256 for all weights. The paper takes 60 epochs for 1 % of the labels
   * and 30 for 10 %.
   *
   * @param batch images of a step, B
   */
  public static FineTuneConfig v1(int epochs, int batch) {
    return new FineTuneConfig(epochs, batch, sgd(0.05), ALL, 0);
  }

  /**
   * Returns the fine-tuning of the SimCLRv2 reference: LARS with momentum 0.9, learning rate 0.005
   * x sqrt(B), no weight decay, no warm-up, for all weights. It takes 60 epochs for 1 % of the
   * labels and 30 for more.
   *
   * @param batch images of a step, B
   */
  public static FineTuneConfig v2(int epochs, int batch) {
    OptimConfig lars =
        sgd(0.005).toBuilder()
            .name(OptimConfig.Algorithm.LARS)
            .nesterov(false)
            .lrScaling(OptimConfig.Scaling.SQRT)
            .build();
    return new FineTuneConfig(epochs, batch, lars, ALL, 0);
  }

  private static OptimConfig sgd(double lr) {
    return OptimConfig.builder()
        .name(OptimConfig.Algorithm.SGD)
        .lr(lr)
        .lrScaling(OptimConfig.Scaling.LINEAR)
        .lrBaseBatch(256)
        .momentum(0.9)
        .nesterov(true)
        .weightDecay(0)
        .excludeNormAndBias(true)
        .warmupEpochs(0)
        .build();
  }

  /** Returns the same with another number of epochs. */
  public FineTuneConfig withEpochs(int value) {
    return new FineTuneConfig(value, batch, optim, fromBlock, seed);
  }

  /** Returns the same with another optimizer. */
  public FineTuneConfig withOptim(OptimConfig value) {
    return new FineTuneConfig(epochs, batch, value, fromBlock, seed);
  }

  /** Returns the same trained from another block. */
  public FineTuneConfig withFromBlock(int value) {
    return new FineTuneConfig(epochs, batch, optim, value, seed);
  }

  /** Returns the same with another seed. */
  public FineTuneConfig withSeed(long value) {
    return new FineTuneConfig(epochs, batch, optim, fromBlock, value);
  }
}
