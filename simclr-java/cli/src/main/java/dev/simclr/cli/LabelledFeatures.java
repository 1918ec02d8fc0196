package dev.simclr.cli;

import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageLabels;
import dev.simclr.embed.Encoder;
import dev.simclr.torch.Tensor;
import dev.simclr.train.RunData;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a classifier on frozen features is trained and tested with.
 *
 * @param train {@code [n, D]} float32
 * @param trainLabels n classes
 * @param test {@code [m, D]} float32
 * @param testLabels m classes
 * @param classes number of classes
 */
record LabelledFeatures(
    Tensor train, int[] trainLabels, Tensor test, int[] testLabels, int classes) {

  /**
   * Refuses data without test images or labels.
   *
   * @param what needs them, for the message
   * @throws DataException naming what is missing
   */
  static void requireLabels(ImageLabels train, Optional<? extends ImageLabels> test, String what) {
    if (test.isEmpty()) {
      throw new DataException(
          what + " needs test images, and the data has none; data.test names their folder");
    }
    requireLabels(train, "training", what);
    requireLabels(test.get(), "test", what);
  }

  /**
   * Refuses images without labels.
   *
   * @param split what they are for, and {@code what} needs them, for the message
   * @throws DataException if not all have one
   */
  static void requireLabels(ImageLabels images, String split, String what) {
    if (!images.labelled()) {
      throw new DataException(
          what
              + " needs labels, and not all of the "
              + images.size()
              + " "
              + split
              + " images have one");
    }
  }

  /** Computes features, owned by the innermost scope, on the encoder's device. */
  static LabelledFeatures of(RunData data, Encoder encoder) {
    ImageDataset test = data.test().orElseThrow();
    return new LabelledFeatures(
        encoder.features(data.train()).to(encoder.device()),
        labels(data.train()),
        encoder.features(test).to(encoder.device()),
        labels(test),
        data.train().classNames().size());
  }

  private static int[] labels(ImageDataset images) {
    return IntStream.range(0, images.size()).map(images::label).toArray();
  }
}
