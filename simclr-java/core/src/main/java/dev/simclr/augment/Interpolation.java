package dev.simclr.augment;

/**
 * Resampling filters. Both are antialiased: when an image shrinks, the filter is stretched by the
 * same ratio (PyTorch's {@code interpolate} with {@code antialias=True}).
 */
public enum Interpolation {
  /** Triangle filter, radius 1. */
  BILINEAR,
  /**
   * Keys' cubic filter with a = -0.5, radius 2. It overshoots at edges, and as in torchvision's
   * float path nothing clamps its result, so a view without colour jitter may leave [0, 1] a
   * little.
   */
  BICUBIC
}
