package dev.simclr.model;

/** The two lineages of layer layouts and initial weights. */
public enum Variant {
  /**
   * torchvision: a projection shortcut only where shapes change; convolutions N(0, 2 / fan-out) (He
   * et al. 2015, arXiv 1502.01852), dense layers U(-1 / sqrt(fan-in), 1 / sqrt(fan-in)).
   */
  TORCHVISION,
  /**
   * The SimCLR reference (google-research/simclr): a projection shortcut in the first block of
   * every stage, max pooling with TensorFlow's SAME padding, a last batch norm of the projection
   * head without shift; convolutions from a normal distribution of variance 1 / fan-in that is cut
   * off at two standard deviations, dense layers N(0, 0.01^2).
   */
  GOOGLE
}
