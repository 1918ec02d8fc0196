package dev.simclr.train;

import dev.simclr.model.ProjectionHead;

/**
 * The projection head g (YAML section {@code head}).
 *
 * @param layers number of dense layers; 0 means that the loss sees h itself
 * @param hidden width of the hidden layers; 0 means the width of h
 * @param out width of z
 * @param batchNorm whether batch norm follows the hidden dense layers, which then have no bias
 * @param lastBatchNorm whether batch norm follows the last dense layer, which then has no bias
 */
public record HeadConfig(
    int layers, int hidden, int out, boolean batchNorm, boolean lastBatchNorm) {
  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public HeadConfig {
    Keys.between("head.layers", layers, 0, 4);
    Keys.between("head.hidden", hidden, 0, 65536);
    Keys.between("head.out", out, 1, 65536);
  }

  /** Returns the default values. */
  public static HeadConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.layers = layers;
    b.hidden = hidden;
    b.out = out;
    b.batchNorm = batchNorm;
    b.lastBatchNorm = lastBatchNorm;
    return b;
  }

  /**
   * Describes the head of an encoder, to be built.
   *
   * @param encoder whose layout of blocks and first weights it shares
   * @param featureDim width of h
   */
  ProjectionHead.Builder architecture(EncoderConfig encoder, int featureDim) {
    return ProjectionHead.builder(featureDim)
        .layers(layers)
        .hidden(hidden)
        .out(out)
        .batchNorm(batchNorm)
        .lastBatchNorm(lastBatchNorm)
        .variant(encoder.variant())
        .initialWeights(encoder.initialWeights());
  }

  /** Collects values for a {@link HeadConfig}; each setter is named like its component. */
  public static final class Builder {
    private int layers = 2;
    private int hidden = 0;
    private int out = 128;
    private boolean batchNorm = true;
    private boolean lastBatchNorm = true;

    private Builder() {}

    /** Sets {@code layers}. */
    public Builder layers(int value) {
      layers = value;
      return this;
    }

    /** Sets {@code hidden}. */
    public Builder hidden(int value) {
      hidden = value;
      return this;
    }

    /** Sets {@code out}. */
    public Builder out(int value) {
      out = value;
      return this;
    }

    /** Sets {@code batchNorm}. */
    public Builder batchNorm(boolean value) {
      batchNorm = value;
      return this;
    }

    /** Sets {@code lastBatchNorm}. */
    public Builder lastBatchNorm(boolean value) {
      lastBatchNorm = value;
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public HeadConfig build() {
      return new HeadConfig(layers, hidden, out, batchNorm, lastBatchNorm);
    }
  }
}
