package dev.simclr.augment;

/**
 * An operation that is applied to a view with some probability and, where it has parameters, with
 * random ones. A pipeline ({@link AugmentConfig#ops()}) lists them in the order in which they are
 * applied; each kind occurs at most once.
 */
public sealed interface RandomOp
    permits ColorJitter,
        RandomGray,
        RandomBlur,
        RandomSolarize,
        RandomEqualize,
        RandomCutout,
        RandomViewCrop,
        RandomRotation,
        RandomSobel,
        RandomNoise {

  /** Probability that the operation is applied, 0 to 1. */
  double probability();
}
