package dev.simclr.train;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.augment.RandomCrop;
import dev.simclr.augment.RandomEqualize;
import dev.simclr.augment.RandomGray;
import dev.simclr.augment.RandomOp;
import dev.simclr.augment.RandomRotation;
import dev.simclr.augment.RandomSobel;
import dev.simclr.augment.RandomViewCrop;
import dev.simclr.augment.Semantics;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/**
 * What is done to a view. Probabilities are between 0 and 1; the values are checked by the {@link
 * AugmentSettings} that they become a part of.
 *
 * @param pipeline {@code identity} switches everything off that is random
 * @param order the operations after crop and flip, in their order; what is left out is off. With
 *     {@link Op#CROP} the crop is one of them
 * @param crop random crop
 * @param flip probability of a horizontal flip
 * @param jitter colour jitter
 * @param gray probability of conversion to gray
 * @param gaussianBlur Gaussian blur
 * @param solarisation solarisation
 * @param equalize probability of histogram equalisation
 * @param blackSquare cutout
 * @param rotation probability of a rotation by 0, 90, 180 or 270 degrees
 * @param sobel probability of Sobel filtering
 * @param gaussianNoise Gaussian noise
 */
public record ViewSettings(
    Pipeline pipeline,
    List<Op> order,
    CropSettings crop,
    double flip,
    ColorSettings jitter,
    double gray,
    BlurSettings gaussianBlur,
    SolarizeSettings solarisation,
    double equalize,
    CutoutSettings blackSquare,
    double rotation,
    double sobel,
    NoiseSettings gaussianNoise)
    implements Inline {

  /** What makes a view. */
  public enum Pipeline {
    /** The random operations that are configured. */
    RANDOM,
    /** Nothing but the resize: the whole image. */
    IDENTITY;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** The operations that can be ordered. */
  public enum Op {
    /** Colour jitter. */
    COLOR,
    /** Conversion to gray. */
    GRAY,
    /** Gaussian blur. */
    BLUR,
    /** Solarisation. */
    SOLARIZE,
    /** Histogram equalisation. */
    EQUALIZE,
    /** Cutout. */
    CUTOUT,
    /** Rotation by quarter turns. */
    ROTATION,
    /** Sobel filtering. */
    SOBEL,
    /** Gaussian noise. */
    NOISE,
    /**
     * The crop, which otherwise comes before all else. As the first of an order it comes there too:
     * a part of the image is resampled, once. After another operation the whole image is resampled
     * first, then a part of the view.
     */
    CROP;

    /** All operations but the crop, which is the default order. */
    static final List<Op> AFTER_CROP = Arrays.stream(values()).filter(op -> op != CROP).toList();

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Takes a copy of the list. */
  public ViewSettings {
    order = List.copyOf(order);
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    return new Builder().from(this);
  }

  /** Collects values for a {@link ViewSettings}; each setter is named like its key. */
  public static final class Builder extends ViewSetters<Builder> {
    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** Returns the values, which are not checked yet. */
    public ViewSettings build() {
      return view();
    }
  }

  /**
   * Refuses values that no run can use.
   *
   * @param section what goes before the keys in messages, such as {@code augment.}
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  void check(String section) {
    Keys.present(section + "pipeline", pipeline);
    if (new HashSet<>(order).size() != order.size()) {
      throw Keys.refused(section + "order", order, "each operation at most once");
    }
    crop.check(section);
    Keys.between(section + "flip", flip, 0, 1);
    jitter.check(section);
    Keys.between(section + "gray", gray, 0, 1);
    gaussianBlur.check(section);
    solarisation.check(section);
    Keys.between(section + "equalize", equalize, 0, 1);
    blackSquare.check(section);
    Keys.between(section + "rotation", rotation, 0, 1);
    Keys.between(section + "sobel", sobel, 0, 1);
    gaussianNoise.check(section);
  }

  /**
   * Returns what has no effect: operations that an order of its own lists and that have no
   * probability, and a crop that keeps the whole view. The other way round is a way to choose:
   * probabilities for all, an order for some.
   *
   * @param section what goes before the keys in messages, such as {@code augment.}
   */
  List<String> idle(String section) {
    if (pipeline == Pipeline.IDENTITY || order.equals(builder().build().order)) {
      return List.of();
    }
    return order.stream()
        .filter(this::isIdle)
        .map(op -> section + "order has " + op + ", but " + section + reason(op))
        .toList();
  }

  private boolean isIdle(Op op) {
    return switch (op) {
      case COLOR -> jitter.color() == 0;
      case GRAY -> gray == 0;
      case BLUR -> gaussianBlur.blur() == 0;
      case SOLARIZE -> solarisation.solarize() == 0;
      case EQUALIZE -> equalize == 0;
      case CUTOUT -> blackSquare.cutout() == 0;
      case ROTATION -> rotation == 0;
      case SOBEL -> sobel == 0;
      case NOISE -> gaussianNoise.noise() == 0;
      // That of an image, which need not be a square, changes the ratio of its sides at least.
      case CROP -> cropsView() && crop.keepsSquares();
    };
  }

  private static String reason(Op op) {
    return op == Op.CROP ? "crop_min is 1" : op + " is 0";
  }

  /** Whether the crop comes after another operation. */
  private boolean cropsView() {
    return order.indexOf(Op.CROP) > 0;
  }

  /** Returns the pipeline in the terms of {@code dev.simclr.augment}. */
  AugmentConfig config(Semantics semantics) {
    return switch (pipeline) {
      case IDENTITY -> new AugmentConfig(semantics, RandomCrop.NONE, 0, List.of());
      case RANDOM ->
          new AugmentConfig(
              semantics,
              cropsView() ? RandomCrop.NONE : crop.crop(),
              flip,
              order.stream().filter(op -> op != Op.CROP || cropsView()).map(this::op).toList());
    };
  }

  private RandomOp op(Op op) {
    return switch (op) {
      case COLOR -> jitter.jitter();
      case GRAY -> new RandomGray(gray);
      case BLUR -> gaussianBlur.op();
      case SOLARIZE -> solarisation.op();
      case EQUALIZE -> new RandomEqualize(equalize);
      case CUTOUT -> blackSquare.op();
      case ROTATION -> new RandomRotation(rotation);
      case SOBEL -> new RandomSobel(sobel);
      case NOISE -> gaussianNoise.op();
      case CROP -> new RandomViewCrop(crop.crop());
    };
  }
}
