package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import java.util.Arrays;

/** Checks and converts the classes that belong to rows of features. */
final class Labels {

  private Labels() {}

  /** Requires [n, D] features with n at least 1, and n labels from 0. */
  static void check(Tensor features, int[] labels, String featuresName, String labelsName) {
    if (features.dim() != 2 || features.size(0) < 1) {
      throw new IllegalArgumentException(
          featuresName
              + " have shape "
              + Arrays.toString(features.shape())
              + "; allowed: [n, D] with n at least 1");
    }
    if (labels.length != features.size(0)) {
      throw new IllegalArgumentException(
          labelsName
              + " has "
              + labels.length
              + " values; allowed: one for each of the "
              + features.size(0)
              + " "
              + featuresName);
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0) {
        throw new IllegalArgumentException(
            labelsName + "[" + i + "] is " + labels[i] + "; allowed: classes from 0");
      }
    }
  }

  /** Requires in addition labels below {@code classes} and features in single or double. */
  static void check(
      Tensor features, int[] labels, int classes, String featuresName, String labelsName) {
    check(features, labels, featuresName, labelsName);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= classes) {
        throw new IllegalArgumentException(
            labelsName + "[" + i + "] is " + labels[i] + "; allowed: 0 to " + (classes - 1));
      }
    }
    if (features.dtype() != DType.FLOAT32 && features.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(
          featuresName + " are " + features.dtype() + "; allowed: FLOAT32, FLOAT64");
    }
  }

  /** Converts to int64 [n] on the CPU. */
  static Tensor tensor(int[] labels) {
    return Tensor.of(Arrays.stream(labels).asLongStream().toArray(), labels.length);
  }
}
