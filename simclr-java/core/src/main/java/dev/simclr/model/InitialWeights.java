package dev.simclr.model;

/** The distributions that weights are drawn from at the start. */
public enum InitialWeights {
  /**
   * torchvision's networks: convolutions N(0, 2 / fan-out) (He et al. 2015, arXiv 1502.01852),
   * dense layers U(-1 / sqrt(fan-in), 1 / sqrt(fan-in)).
   */
  TORCHVISION,
  /**
   * What PyTorch's layers draw when nobody says otherwise: convolutions and dense layers U(-1 /
   * sqrt(fan-in), 1 / sqrt(fan-in)).
   */
  PYTORCH,
  /**
   * The SimCLR reference (google-research/simclr): convolutions from a normal distribution of
   * variance 1 / fan-in that is cut off at two standard deviations, dense layers N(0, 0.01^2).
   */
  GOOGLE
}
