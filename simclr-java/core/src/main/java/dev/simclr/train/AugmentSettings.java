package dev.simclr.train;

import java.util.List;
import java.util.Optional;

/**
 * The two random views of an image (YAML section {@code augment}). Probabilities are between 0 and
 * 1.
 *
 * @param semantics whose definition of crop and colour operations holds
 * @param cropMin smallest share of the area that a crop keeps
 * @param cropMax largest share of the area that a crop keeps
 * @param ratioMin smallest width divided by height of a crop
 * @param ratioMax largest width divided by height of a crop
 * @param flip probability of a horizontal flip
 * @param color probability of colour jitter
 * @param colorStrength factor on the four jitter widths that follow
 * @param brightness brightness jitter at strength 1
 * @param contrast contrast jitter at strength 1
 * @param saturation saturation jitter at strength 1
 * @param hue hue jitter at strength 1, in turns
 * @param gray probability of conversion to gray
 * @param blur probability of Gaussian blur
 * @param blurSigmaMin smallest standard deviation of the blur, in pixels
 * @param blurSigmaMax largest standard deviation of the blur, in pixels
 * @param interpolation how a crop is resized, always antialiased
 * @param mean per channel, subtracted from values in [0, 1]; absent means no normalisation, as in
 *     the reference
 * @param std per channel, divides after the mean is subtracted; given exactly when {@code mean} is
 */
public record AugmentSettings(
    Semantics semantics,
    double cropMin,
    double cropMax,
    double ratioMin,
    double ratioMax,
    double flip,
    double color,
    double colorStrength,
    double brightness,
    double contrast,
    double saturation,
    double hue,
    double gray,
    double blur,
    double blurSigmaMin,
    double blurSigmaMax,
    Filter interpolation,
    Optional<List<Double>> mean,
    Optional<List<Double>> std) {
  /** Whose definition of the operations holds. */
  public enum Semantics {
    /** The float tensor path of torchvision. */
    TORCHVISION;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Resampling filters. */
  public enum Filter {
    /** Triangle filter. */
    BILINEAR,
    /** Cubic filter. */
    BICUBIC;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public AugmentSettings {
    Keys.present("augment.semantics", semantics);
    Keys.between("augment.crop_min", cropMin, 1e-4, 1);
    Keys.between("augment.crop_max", cropMax, 1e-4, 1);
    Keys.between("augment.ratio_min", ratioMin, 0.01, 100);
    Keys.between("augment.ratio_max", ratioMax, 0.01, 100);
    Keys.between("augment.flip", flip, 0, 1);
    Keys.between("augment.color", color, 0, 1);
    Keys.between("augment.color_strength", colorStrength, 0, 10);
    Keys.between("augment.brightness", brightness, 0, 10);
    Keys.between("augment.contrast", contrast, 0, 10);
    Keys.between("augment.saturation", saturation, 0, 10);
    Keys.between("augment.hue", hue, 0, 10);
    Keys.between("augment.gray", gray, 0, 1);
    Keys.between("augment.blur", blur, 0, 1);
    Keys.between("augment.blur_sigma_min", blurSigmaMin, 0.001, 100);
    Keys.between("augment.blur_sigma_max", blurSigmaMax, 0.001, 100);
    Keys.present("augment.interpolation", interpolation);
    mean = Keys.channels("augment.mean", mean, -10, 10);
    std = Keys.channels("augment.std", std, 1e-6, 10);
    Keys.ordered("augment.crop_min", cropMin, "augment.crop_max", cropMax);
    Keys.ordered("augment.ratio_min", ratioMin, "augment.ratio_max", ratioMax);
    Keys.ordered("augment.blur_sigma_min", blurSigmaMin, "augment.blur_sigma_max", blurSigmaMax);
    if (hue * colorStrength > 0.5) {
      throw new IllegalArgumentException(
          "augment.hue x augment.color_strength is "
              + hue * colorStrength
              + "; allowed: at most 0.5 turns");
    }
    if (mean.isPresent() != std.isPresent()) {
      throw new IllegalArgumentException(
          "augment.mean and augment.std belong together; given: only augment."
              + (mean.isPresent() ? "mean" : "std"));
    }
  }

  /** Returns the default values. */
  public static AugmentSettings defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.semantics = semantics;
    b.cropMin = cropMin;
    b.cropMax = cropMax;
    b.ratioMin = ratioMin;
    b.ratioMax = ratioMax;
    b.flip = flip;
    b.color = color;
    b.colorStrength = colorStrength;
    b.brightness = brightness;
    b.contrast = contrast;
    b.saturation = saturation;
    b.hue = hue;
    b.gray = gray;
    b.blur = blur;
    b.blurSigmaMin = blurSigmaMin;
    b.blurSigmaMax = blurSigmaMax;
    b.interpolation = interpolation;
    b.mean = mean;
    b.std = std;
    return b;
  }

  /** Collects values for an {@link AugmentSettings}; each setter is named like its component. */
  public static final class Builder {
    private Semantics semantics = Semantics.TORCHVISION;
    private double cropMin = 0.08;
    private double cropMax = 1.0;
    private double ratioMin = 0.75;
    private double ratioMax = 4.0 / 3;
    private double flip = 0.5;
    private double color = 0.8;
    private double colorStrength = 0.5;
    private double brightness = 0.8;
    private double contrast = 0.8;
    private double saturation = 0.8;
    private double hue = 0.2;
    private double gray = 0.2;
    private double blur = 0.0;
    private double blurSigmaMin = 0.1;
    private double blurSigmaMax = 2.0;
    private Filter interpolation = Filter.BILINEAR;
    private Optional<List<Double>> mean = Optional.empty();
    private Optional<List<Double>> std = Optional.empty();

    private Builder() {}

    /** Sets {@code semantics}. */
    public Builder semantics(Semantics value) {
      semantics = value;
      return this;
    }

    /** Sets {@code cropMin}. */
    public Builder cropMin(double value) {
      cropMin = value;
      return this;
    }

    /** Sets {@code cropMax}. */
    public Builder cropMax(double value) {
      cropMax = value;
      return this;
    }

    /** Sets {@code ratioMin}. */
    public Builder ratioMin(double value) {
      ratioMin = value;
      return this;
    }

    /** Sets {@code ratioMax}. */
    public Builder ratioMax(double value) {
      ratioMax = value;
      return this;
    }

    /** Sets {@code flip}. */
    public Builder flip(double value) {
      flip = value;
      return this;
    }

    /** Sets {@code color}. */
    public Builder color(double value) {
      color = value;
      return this;
    }

    /** Sets {@code colorStrength}. */
    public Builder colorStrength(double value) {
      colorStrength = value;
      return this;
    }

    /** Sets {@code brightness}. */
    public Builder brightness(double value) {
      brightness = value;
      return this;
    }

    /** Sets {@code contrast}. */
    public Builder contrast(double value) {
      contrast = value;
      return this;
    }

    /** Sets {@code saturation}. */
    public Builder saturation(double value) {
      saturation = value;
      return this;
    }

    /** Sets {@code hue}. */
    public Builder hue(double value) {
      hue = value;
      return this;
    }

    /** Sets {@code gray}. */
    public Builder gray(double value) {
      gray = value;
      return this;
    }

    /** Sets {@code blur}. */
    public Builder blur(double value) {
      blur = value;
      return this;
    }

    /** Sets {@code blurSigmaMin}. */
    public Builder blurSigmaMin(double value) {
      blurSigmaMin = value;
      return this;
    }

    /** Sets {@code blurSigmaMax}. */
    public Builder blurSigmaMax(double value) {
      blurSigmaMax = value;
      return this;
    }

    /** Sets {@code interpolation}. */
    public Builder interpolation(Filter value) {
      interpolation = value;
      return this;
    }

    /** Sets {@code mean}. */
    public Builder mean(List<Double> value) {
      mean = Optional.of(value);
      return this;
    }

    /** Sets {@code std}. */
    public Builder std(List<Double> value) {
      std = Optional.of(value);
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public AugmentSettings build() {
      return new AugmentSettings(
          semantics,
          cropMin,
          cropMax,
          ratioMin,
          ratioMax,
          flip,
          color,
          colorStrength,
          brightness,
          contrast,
          saturation,
          hue,
          gray,
          blur,
          blurSigmaMin,
          blurSigmaMax,
          interpolation,
          mean,
          std);
    }
  }
}
