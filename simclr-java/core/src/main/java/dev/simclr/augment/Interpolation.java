package dev.simclr.augment;

/**
 * Resampling filters. The first two are antialiased: when an image shrinks, the filter is stretched
 * by the same ratio (PyTorch's {@code interpolate} with {@code antialias=True}). Cubic filters
 * overshoot at edges, and nothing clamps that, so a view without colour operations may leave [0, 1]
 * a little.
 */
public enum Interpolation {
  /** Triangle filter, radius 1. */
  BILINEAR,
  /** Keys' cubic filter with a = -0.5, radius 2. */
  BICUBIC,
  /**
   * TensorFlow's {@code tf.image.resize} with {@code BICUBIC}: a = -0.5 from a table of 1024 steps,
   * half-pixel centres, not antialiased.
   */
  BICUBIC_TENSORFLOW
}
