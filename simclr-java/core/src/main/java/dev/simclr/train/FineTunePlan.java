package dev.simclr.train;

import dev.simclr.compute.ComputeThread;
import dev.simclr.compute.ViewLoader;
import dev.simclr.data.DataException;
import dev.simclr.torch.TensorScope;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * What {@link FineTuner} would do, without doing it: nothing is trained, no image is read, no file
 * is written.
 *
 * @param trained numbers that would be trained
 * @param parameters all numbers that can be, those that are frozen included
 * @param steps steps of the run
 * @param stepsPerEpoch batches in an epoch
 * @param peakLr the largest learning rate
 * @param device where tensors would live
 * @param precision type of convolutions and matrix products, and why
 * @param memory estimated peak
 * @param availableMemory bytes that are free there, if that is known
 */
public record FineTunePlan(
    long trained,
    long parameters,
    long steps,
    int stepsPerEpoch,
    double peakLr,
    String device,
    PrecisionChoice precision,
    Memory memory,
    OptionalLong availableMemory) {

  /**
   * The largest amounts of memory that are held at one time; the JVM and libtorch themselves are
   * not counted.
   *
   * @param weights parameters, gradients and optimizer state
   * @param batches the ring of batch buffers
   * @param training what a step keeps for the backward pass, and gradients; of a network that is
   *     frozen in part no less than of one that is not
   * @param testing what a forward pass of the evaluation holds
   */
  public record Memory(long weights, long batches, long training, long testing) {
    /** Returns the peak in bytes. */
    public long peakBytes() {
      return weights + Math.max(batches + training, testing);
    }

    /** Returns the peak and its parts in MiB, in one line. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%,d MiB beside the JVM and libtorch (weights %,d; in training batches %,d and activations"
              + " %,d, in evaluation %,d)",
          peakBytes() >> 20,
          weights >> 20,
          batches >> 20,
          training >> 20,
          testing >> 20);
    }
  }

  /**
   * Plans a run on this machine. May be called from any thread.
   *
   * @param classifier the network
   * @param config how it would be trained
   * @param machine device, precision and threads
   * @param images training images
   * @param evalBatch images of one forward pass of the evaluation
   * @throws IllegalArgumentException if settings do not go together with this machine
   * @throws DataException if there are fewer images than a batch has
   */
  public static FineTunePlan of(
      ClassifierConfig classifier,
      FineTuneConfig config,
      TrainConfig machine,
      int images,
      int evalBatch) {
    requireBatch(config, images);
    return ComputeThread.callOnce(
        () -> plan(classifier, config, machine, images, evalBatch), () -> {});
  }

  /**
   * Refuses images that do not make a batch.
   *
   * @throws DataException if there are fewer
   */
  public static void requireBatch(FineTuneConfig config, int images) {
    if (images < config.batch()) {
      throw new DataException(
          "the batch is "
              + config.batch()
              + ", more than the "
              + images
              + " training images; take a batch of "
              + images
              + " or less, or more images");
    }
  }

  /** As {@link #of}; called on the compute thread. */
  static FineTunePlan plan(
      ClassifierConfig classifier,
      FineTuneConfig config,
      TrainConfig machine,
      int images,
      int evalBatch) {
    int block = config.fromBlock();
    EncoderConfig encoder = classifier.encoder();
    int stepsPerEpoch = images / config.batch();
    Backend backend = Backend.prepare(machine);
    try (var _ = TensorScope.open()) {
      long linear = ClassifierModel.linearParameters(classifier);
      long trained = linear + encoder.trainable(name -> ClassifierModel.isAfter(name, block));
      long all = linear + encoder.count().trainable();
      if (classifier.head().isPresent()) {
        var head = classifier.head().get().architecture(encoder, encoder.featureDim());
        int kept = classifier.headLayer();
        trained += head.trainable(name -> ClassifierModel.isAfterInHead(name, block, kept));
        all += head.count().trainable();
      }
      return new FineTunePlan(
          trained,
          all,
          (long) stepsPerEpoch * config.epochs(),
          stepsPerEpoch,
          config.optim().peakLr(config.batch()),
          backend.device().toString(),
          backend.precision(),
          memory(encoder, config, backend.precision().bf16(), trained, all, evalBatch),
          MemoryGuard.available(backend.device()));
    }
  }

  private static Memory memory(
      EncoderConfig encoder,
      FineTuneConfig config,
      boolean bf16,
      long trained,
      long all,
      int evalBatch) {
    PretrainConfig network =
        PretrainConfig.defaults()
            .with(encoder.model())
            .with(DataConfig.builder().imageSize(encoder.imageSize()).build());
    NetworkSize size = NetworkSize.of(network);
    int typeBytes = bf16 ? 2 : 4;
    long pixels = 3L * encoder.imageSize() * encoder.imageSize();
    boolean frozen = config.fromBlock() == FineTuneConfig.LINEAR_ONLY;
    // As in MemoryEstimate; without a backward pass only the layers of the moment are there.
    double perImage = frozen ? 2 * size.widest() : 2 * size.outputs() + 4 * size.widest();
    int states = config.optim().name() == OptimConfig.Algorithm.ADAMW ? 2 : 1;
    return new Memory(
        4 * all + 4L * (1 + states) * trained + (bf16 ? 2 * all : 0),
        ViewLoader.BUFFERS * config.batch() * pixels * typeBytes,
        (long) (config.batch() * perImage * typeBytes),
        (long) (evalBatch * (2 * size.widest() + pixels) * 4));
  }
}
