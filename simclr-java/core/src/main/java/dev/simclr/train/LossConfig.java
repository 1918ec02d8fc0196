package dev.simclr.train;

/**
 * The contrastive loss (YAML section {@code loss}).
 *
 * @param temperature temperature of NT-Xent
 */
public record LossConfig(double temperature) {
  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public LossConfig {
    Keys.between("loss.temperature", temperature, 0.001, 100);
  }

  /** Returns the default values. */
  public static LossConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.temperature = temperature;
    return b;
  }

  /** Collects values for a {@link LossConfig}; each setter is named like its component. */
  public static final class Builder {
    private double temperature = 0.5;

    private Builder() {}

    /** Sets {@code temperature}. */
    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public LossConfig build() {
      return new LossConfig(temperature);
    }
  }
}
