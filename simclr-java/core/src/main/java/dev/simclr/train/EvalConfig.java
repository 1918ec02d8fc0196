package dev.simclr.train;

/**
 * The evaluation of h, in evaluation mode (YAML section {@code eval}).
 *
 * @param knn whether the weighted kNN classifier runs
 * @param knnK neighbours of a query; min(k, training images) are used
 * @param knnT temperature T of the vote exp(cos / T)
 * @param linear whether the linear probe runs
 * @param linearEvery epochs between linear probes, at evaluations only; 0 means only before the
 *     first and after the last step, since a probe may take longer than kNN
 * @param probe whether linear classifiers on h and on z learn beside the encoder, which they do not
 *     change
 * @param batch images of one forward pass
 * @param rawPixels whether kNN on raw pixels is measured once, as a baseline
 * @param metersEvery epochs between measurements of {@link Meters}, which need no labels; 0 means
 *     none
 * @param meterImages training images that they are measured on, two views each; at least 2, at most
 *     all. The default gives the 25,600 representations that RankMe asks for
 */
public record EvalConfig(
    boolean knn,
    int knnK,
    double knnT,
    boolean linear,
    int linearEvery,
    boolean probe,
    int batch,
    boolean rawPixels,
    int metersEvery,
    int meterImages) {
  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public EvalConfig {
    Keys.between("eval.knn_k", knnK, 1, 100_000);
    Keys.between("eval.knn_t", knnT, 0.001, 100);
    Keys.between("eval.linear_every", linearEvery, 0, 1_000_000);
    Keys.between("eval.batch", batch, 1, 65536);
    Keys.between("eval.meters_every", metersEvery, 0, 1_000_000);
    Keys.between("eval.meter_images", meterImages, 2, 10_000_000);
  }

  /** Returns the default values. */
  public static EvalConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.knn = knn;
    b.knnK = knnK;
    b.knnT = knnT;
    b.linear = linear;
    b.linearEvery = linearEvery;
    b.probe = probe;
    b.batch = batch;
    b.rawPixels = rawPixels;
    b.metersEvery = metersEvery;
    b.meterImages = meterImages;
    return b;
  }

  /** Collects values for an {@link EvalConfig}; each setter is named like its component. */
  public static final class Builder {
    private boolean knn = true;
    private int knnK = 200;
    private double knnT = 0.1;
    private boolean linear = true;
    private int linearEvery = 0;
    private boolean probe = true;
    private int batch = 512;
    private boolean rawPixels = false;
    private int metersEvery = 1;
    private int meterImages = 12_800;

    private Builder() {}

    /** Sets {@code knn}. */
    public Builder knn(boolean value) {
      knn = value;
      return this;
    }

    /** Sets {@code knnK}. */
    public Builder knnK(int value) {
      knnK = value;
      return this;
    }

    /** Sets {@code knnT}. */
    public Builder knnT(double value) {
      knnT = value;
      return this;
    }

    /** Sets {@code linear}. */
    public Builder linear(boolean value) {
      linear = value;
      return this;
    }

    /** Sets {@code linearEvery}. */
    public Builder linearEvery(int value) {
      linearEvery = value;
      return this;
    }

    /** Sets {@code probe}. */
    public Builder probe(boolean value) {
      probe = value;
      return this;
    }

    /** Sets {@code batch}. */
    public Builder batch(int value) {
      batch = value;
      return this;
    }

    /** Sets {@code rawPixels}. */
    public Builder rawPixels(boolean value) {
      rawPixels = value;
      return this;
    }

    /** Sets {@code metersEvery}. */
    public Builder metersEvery(int value) {
      metersEvery = value;
      return this;
    }

    /** Sets {@code meterImages}. */
    public Builder meterImages(int value) {
      meterImages = value;
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public EvalConfig build() {
      return new EvalConfig(
          knn, knnK, knnT, linear, linearEvery, probe, batch, rawPixels, metersEvery, meterImages);
    }
  }
}
