package dev.simclr.augment;

/** How the values of a view lie in memory. */
public enum PixelLayout {
  /** Row by row, the three channels of a pixel side by side (NHWC): PyTorch's channels_last. */
  CHANNELS_LAST,
  /** Channel by channel, each row by row (NCHW): PyTorch's contiguous layout. */
  CONTIGUOUS
}
