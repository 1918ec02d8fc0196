package dev.simclr.train;

import java.util.List;

/**
 * The setters of what is done to a view, which two builders share; each is named like its key.
 *
 * @param <B> the builder
 */
public abstract sealed class ViewSetters<B extends ViewSetters<B>>
    permits ViewSettings.Builder, AugmentSettings.Builder {
  private ViewSettings.Pipeline pipeline = ViewSettings.Pipeline.RANDOM;
  private List<ViewSettings.Op> order = ViewSettings.Op.AFTER_CROP;
  private CropSettings crop = CropSettings.DEFAULTS;
  private double flip = 0.5;
  private ColorSettings jitter = ColorSettings.DEFAULTS;
  private double gray = 0.2;
  private BlurSettings gaussianBlur = BlurSettings.DEFAULTS;
  private SolarizeSettings solarisation = SolarizeSettings.DEFAULTS;
  private double equalize;
  private CutoutSettings blackSquare = CutoutSettings.DEFAULTS;
  private double rotation;
  private double sobel;
  private NoiseSettings gaussianNoise = NoiseSettings.DEFAULTS;

  ViewSetters() {}

  abstract B self();

  /** Takes all values of a view. */
  B from(ViewSettings view) {
    pipeline = view.pipeline();
    order = view.order();
    crop = view.crop();
    flip = view.flip();
    jitter = view.jitter();
    gray = view.gray();
    gaussianBlur = view.gaussianBlur();
    solarisation = view.solarisation();
    equalize = view.equalize();
    blackSquare = view.blackSquare();
    rotation = view.rotation();
    sobel = view.sobel();
    gaussianNoise = view.gaussianNoise();
    return self();
  }

  /** Returns all values of a view. */
  ViewSettings view() {
    return new ViewSettings(
        pipeline,
        order,
        crop,
        flip,
        jitter,
        gray,
        gaussianBlur,
        solarisation,
        equalize,
        blackSquare,
        rotation,
        sobel,
        gaussianNoise);
  }

  /** Sets {@code pipeline}. */
  public B pipeline(ViewSettings.Pipeline value) {
    pipeline = value;
    return self();
  }

  /** Sets {@code order}. */
  public B order(List<ViewSettings.Op> value) {
    order = List.copyOf(value);
    return self();
  }

  /** Sets {@code order}. */
  public B order(ViewSettings.Op... value) {
    return order(List.of(value));
  }

  /** Sets {@code cropMin}. */
  public B cropMin(double value) {
    crop = new CropSettings(value, crop.cropMax(), crop.ratioMin(), crop.ratioMax());
    return self();
  }

  /** Sets {@code cropMax}. */
  public B cropMax(double value) {
    crop = new CropSettings(crop.cropMin(), value, crop.ratioMin(), crop.ratioMax());
    return self();
  }

  /** Sets {@code ratioMin}. */
  public B ratioMin(double value) {
    crop = new CropSettings(crop.cropMin(), crop.cropMax(), value, crop.ratioMax());
    return self();
  }

  /** Sets {@code ratioMax}. */
  public B ratioMax(double value) {
    crop = new CropSettings(crop.cropMin(), crop.cropMax(), crop.ratioMin(), value);
    return self();
  }

  /** Sets {@code flip}. */
  public B flip(double value) {
    flip = value;
    return self();
  }

  /** Sets {@code color}. */
  public B color(double value) {
    jitter =
        new ColorSettings(
            value,
            jitter.colorStrength(),
            jitter.brightness(),
            jitter.contrast(),
            jitter.saturation(),
            jitter.hue());
    return self();
  }

  /** Sets {@code colorStrength}. */
  public B colorStrength(double value) {
    jitter =
        new ColorSettings(
            jitter.color(),
            value,
            jitter.brightness(),
            jitter.contrast(),
            jitter.saturation(),
            jitter.hue());
    return self();
  }

  /** Sets {@code brightness}. */
  public B brightness(double value) {
    jitter =
        new ColorSettings(
            jitter.color(),
            jitter.colorStrength(),
            value,
            jitter.contrast(),
            jitter.saturation(),
            jitter.hue());
    return self();
  }

  /** Sets {@code contrast}. */
  public B contrast(double value) {
    jitter =
        new ColorSettings(
            jitter.color(),
            jitter.colorStrength(),
            jitter.brightness(),
            value,
            jitter.saturation(),
            jitter.hue());
    return self();
  }

  /** Sets {@code saturation}. */
  public B saturation(double value) {
    jitter =
        new ColorSettings(
            jitter.color(),
            jitter.colorStrength(),
            jitter.brightness(),
            jitter.contrast(),
            value,
            jitter.hue());
    return self();
  }

  /** Sets {@code hue}. */
  public B hue(double value) {
    jitter =
        new ColorSettings(
            jitter.color(),
            jitter.colorStrength(),
            jitter.brightness(),
            jitter.contrast(),
            jitter.saturation(),
            value);
    return self();
  }

  /** Sets {@code gray}. */
  public B gray(double value) {
    gray = value;
    return self();
  }

  /** Sets {@code blur}. */
  public B blur(double value) {
    gaussianBlur =
        new BlurSettings(value, gaussianBlur.blurSigmaMin(), gaussianBlur.blurSigmaMax());
    return self();
  }

  /** Sets {@code blurSigmaMin}. */
  public B blurSigmaMin(double value) {
    gaussianBlur = new BlurSettings(gaussianBlur.blur(), value, gaussianBlur.blurSigmaMax());
    return self();
  }

  /** Sets {@code blurSigmaMax}. */
  public B blurSigmaMax(double value) {
    gaussianBlur = new BlurSettings(gaussianBlur.blur(), gaussianBlur.blurSigmaMin(), value);
    return self();
  }

  /** Sets {@code solarize}. */
  public B solarize(double value) {
    solarisation = new SolarizeSettings(value, solarisation.solarizeThreshold());
    return self();
  }

  /** Sets {@code solarizeThreshold}. */
  public B solarizeThreshold(double value) {
    solarisation = new SolarizeSettings(solarisation.solarize(), value);
    return self();
  }

  /** Sets {@code equalize}. */
  public B equalize(double value) {
    equalize = value;
    return self();
  }

  /** Sets {@code cutout}. */
  public B cutout(double value) {
    blackSquare = new CutoutSettings(value, blackSquare.cutoutMin(), blackSquare.cutoutMax());
    return self();
  }

  /** Sets {@code cutoutMin}. */
  public B cutoutMin(double value) {
    blackSquare = new CutoutSettings(blackSquare.cutout(), value, blackSquare.cutoutMax());
    return self();
  }

  /** Sets {@code cutoutMax}. */
  public B cutoutMax(double value) {
    blackSquare = new CutoutSettings(blackSquare.cutout(), blackSquare.cutoutMin(), value);
    return self();
  }

  /** Sets {@code rotation}. */
  public B rotation(double value) {
    rotation = value;
    return self();
  }

  /** Sets {@code sobel}. */
  public B sobel(double value) {
    sobel = value;
    return self();
  }

  /** Sets {@code noise}. */
  public B noise(double value) {
    gaussianNoise = new NoiseSettings(value, gaussianNoise.noiseMin(), gaussianNoise.noiseMax());
    return self();
  }

  /** Sets {@code noiseMin}. */
  public B noiseMin(double value) {
    gaussianNoise = new NoiseSettings(gaussianNoise.noise(), value, gaussianNoise.noiseMax());
    return self();
  }

  /** Sets {@code noiseMax}. */
  public B noiseMax(double value) {
    gaussianNoise = new NoiseSettings(gaussianNoise.noise(), gaussianNoise.noiseMin(), value);
    return self();
  }
}
