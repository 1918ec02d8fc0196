package dev.simclr.train;

import dev.simclr.data.ImageDataset;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run resolved its configuration to.
 *
 * @param folder the run folder
 * @param dataset training images, usable while the run lasts
 * @param testImages test images; 0 without evaluation
 * @param firstStep steps that were finished before, greater than 0 for a resumed run
 * @param totalSteps steps of the whole run
 * @param stepsPerEpoch batches in an epoch; with batches that run on across epochs, rounded up
 * @param device where tensors live
 * @param precision type of convolutions and matrix products, and why
 * @param threads threads of native operators
 * @param loaderThreads threads that make views
 * @param parameters trainable values of encoder and head
 * @param peakLr learning rate after warm-up
 * @param memory estimated peak
 * @param jpegDecoder what decodes JPEG files, if images come from files
 */
public record RunInfo(
    Path folder,
    ImageDataset dataset,
    int testImages,
    long firstStep,
    long totalSteps,
    int stepsPerEpoch,
    String device,
    PrecisionChoice precision,
    int threads,
    int loaderThreads,
    long parameters,
    double peakLr,
    MemoryEstimate memory,
    Optional<String> jpegDecoder) {

  /** Returns the number of training images. */
  public int images() {
    return dataset.size();
  }
}
