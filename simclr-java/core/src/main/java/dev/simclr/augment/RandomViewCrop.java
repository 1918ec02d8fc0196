package dev.simclr.augment;

import java.util.Objects;

/**
 * A random crop of a view after other operations, resized to the size of the view, see {@link
 * ViewOp.Crop}. Its box is drawn as that of the crop of an image ({@link AugmentConfig#crop}), from
 * words of its own, the image being the view. The crop of an image loses less, since that is the
 * one time that the image is resampled.
 *
 * @param crop the ranges
 */
public record RandomViewCrop(RandomCrop crop) implements RandomOp {

  /** Refuses null. */
  public RandomViewCrop {
    Objects.requireNonNull(crop, "crop");
  }

  @Override
  public double probability() {
    return crop.probability();
  }
}
