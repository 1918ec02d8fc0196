package dev.simclr.model;

/** The two lineages of layer layouts, each with initial weights of its own. */
public enum Variant {
  /** torchvision: a projection shortcut only where shapes change. */
  TORCHVISION(InitialWeights.TORCHVISION),
  /**
   * The SimCLR reference (google-research/simclr): a projection shortcut in the first block of
   * every stage, max pooling with TensorFlow's SAME padding, a last batch norm of the projection
   * head without shift.
   */
  GOOGLE(InitialWeights.GOOGLE);

  private final InitialWeights initialWeights;

  Variant(InitialWeights initialWeights) {
    this.initialWeights = initialWeights;
  }

  /**
   * Returns what its weights are drawn from unless something else is asked for.
   *
   * @return the distributions
   */
  public InitialWeights initialWeights() {
    return initialWeights;
  }
}
