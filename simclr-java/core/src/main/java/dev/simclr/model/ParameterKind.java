package dev.simclr.model;

/**
 * What a parameter does. Weight decay and LARS adaptation are withheld by kind, not by patterns in
 * names, which differ from network to network.
 */
public enum ParameterKind {
  /** Weight of a convolution or a dense layer. */
  WEIGHT,
  /** Bias of a convolution or a dense layer. */
  BIAS,
  /** Scale (gamma) of a normalisation. */
  NORM_SCALE,
  /** Shift (beta) of a normalisation. */
  NORM_SHIFT,
  /** Weight of a classifier that is trained on labels. */
  SUPERVISED_HEAD
}
