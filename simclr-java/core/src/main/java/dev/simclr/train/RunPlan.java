package dev.simclr.train;

import dev.simclr.compute.ComputeThread;
import dev.simclr.compute.ViewLoader;
import dev.simclr.data.DataException;
import dev.simclr.torch.TensorScope;
import java.util.OptionalLong;

/**
 * What a run would be, without running it: nothing is trained, no image is read, no file is
 * written.
 *
 * @param data how many images there are
 * @param encoderParameters trainable numbers of the encoder
 * @param headParameters trainable numbers of the projection head
 * @param featureDim width of h
 * @param steps steps of the run
 * @param stepsPerEpoch batches in an epoch; with batches that run on across epochs, rounded up
 * @param warmupSteps steps of the warm-up
 * @param peakLr learning rate after it
 * @param device where tensors would live
 * @param precision type of convolutions and matrix products, and why
 * @param memory estimated peak
 * @param availableMemory bytes that are free there, if that is known
 */
public record RunPlan(
    DataSize data,
    long encoderParameters,
    long headParameters,
    int featureDim,
    long steps,
    int stepsPerEpoch,
    long warmupSteps,
    double peakLr,
    String device,
    PrecisionChoice precision,
    MemoryEstimate memory,
    OptionalLong availableMemory) {

  /**
   * Plans a run on this machine. May be called from any thread.
   *
   * @throws IllegalArgumentException if settings do not go together or with this machine, or {@code
   *     data.root} is needed and absent and the size of the data is not known
   * @throws DataException if data is missing or less than a batch
   */
  public static RunPlan of(PretrainConfig config) {
    Criterion.require(config);
    Chunks.require(config);
    TrainingViews.requirePixels(config);
    Augmentation.warnOfIdle(config.augment());
    Criterion.warnOfIdle(config.loss());
    DataSize data;
    try (DataListing listing = DataListing.of(config.data())) {
      Criterion.requireLabels(config, listing.train());
      data = DataSize.of(listing);
    }
    if (data.train() < config.train().imagesPerStep()) {
      throw PretrainRun.tooFewImages(data.train(), config.train());
    }
    StepPlan plan = StepPlan.of(config, data.train());
    return ComputeThread.callOnce(() -> of(config, data, plan), () -> {});
  }

  private static RunPlan of(PretrainConfig config, DataSize data, StepPlan plan) {
    TrainingViews.requireGpu(config);
    EncoderConfig encoder = EncoderConfig.of(config);
    Backend backend = Backend.prepare(config.train());
    try (var _ = TensorScope.open()) {
      return new RunPlan(
          data,
          encoder.count().trainable(),
          config.head().architecture(encoder, encoder.featureDim()).count().trainable(),
          encoder.featureDim(),
          plan.steps(),
          plan.batches().stepsPerEpoch(),
          plan.schedule().warmupSteps(),
          plan.schedule().peak(),
          backend.device().toString(),
          backend.precision(),
          MemoryEstimate.of(
              config,
              backend.precision().bf16(),
              (long) data.train() + data.test(),
              ViewLoader.BUFFERS),
          MemoryGuard.available(backend.device()));
    }
  }
}
