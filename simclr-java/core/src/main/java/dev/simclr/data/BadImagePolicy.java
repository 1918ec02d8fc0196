package dev.simclr.data;

/**
 * What happens to an image that is truncated, corrupt, too large or otherwise cannot be decoded.
 */
public enum BadImagePolicy {
  /**
   * The first bad image, in the order of the data set, ends the run with a {@link DataException}.
   */
  FAIL,
  /** Bad images are left out, logged, and listed by {@link ImageDataset#skipped()}. */
  SKIP
}
