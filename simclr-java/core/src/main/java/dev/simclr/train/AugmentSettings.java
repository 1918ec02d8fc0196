package dev.simclr.train;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The random views of an image (YAML section {@code augment}).
 *
 * @param semantics whose definition of crop, colour jitter and blur holds
 * @param views views of each image, 1 to 16; training takes 2, or more with a loss for them
 * @param device where the views of training are made: by threads of the processor, or by the GPU
 *     that trains, in whose memory all images lie then
 * @param all what is done to every view that has no section of its own
 * @param view views that differ: {@code view_1} for the first one, and so on. In the YAML form such
 *     a section lists only the keys that differ from those of all views
 * @param interpolation how a crop is resized; absent means bilinear with the torchvision semantics
 *     and bicubic-tensorflow with those of google
 * @param mean per channel, subtracted from values in [0, 1]; absent means no normalisation, as in
 *     the reference
 * @param std per channel, divides after the mean is subtracted; given exactly when {@code mean} is
 */
public record AugmentSettings(
    Semantics semantics,
    int views,
    ViewDevice device,
    ViewSettings all,
    SortedMap<Integer, ViewSettings> view,
    Optional<Filter> interpolation,
    Optional<List<Double>> mean,
    Optional<List<Double>> std) {

  /** Most views of an image. */
  public static final int MAX_VIEWS = 16;

  /** Whose definition of the operations holds. */
  public enum Semantics {
    /** The float tensor path of torchvision. */
    TORCHVISION,
    /** The TF2 code of the SimCLR reference. */
    GOOGLE;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Where views are made. */
  public enum ViewDevice {
    /** On the processor, by {@code train.loader_threads} threads. */
    CPU,
    /**
     * On the GPU that trains, from images of one size, in pixels, that take at most half of its
     * free memory.
     */
    CUDA;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Resampling filters. */
  public enum Filter {
    /** Triangle filter, antialiased. */
    BILINEAR,
    /** Cubic filter, antialiased. */
    BICUBIC,
    /** TensorFlow's cubic filter, not antialiased. */
    BICUBIC_TENSORFLOW;

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
    Keys.between("augment.views", views, 1, MAX_VIEWS);
    Keys.present("augment.device", device);
    Keys.present("augment.interpolation", interpolation);
    all.check("augment.");
    view = Collections.unmodifiableSortedMap(new TreeMap<>(view));
    for (int number : view.keySet()) {
      if (number < 1 || number > views) {
        throw new IllegalArgumentException(
            "augment.view_" + number + " is set, but augment.views is " + views);
      }
      view.get(number).check(section(number));
    }
    if (semantics == Semantics.GOOGLE) {
      requireGoogleCrop("augment.", all);
      view.forEach((number, v) -> requireGoogleCrop(section(number), v));
    }
    mean = Keys.channels("augment.mean", mean, -10, 10);
    std = Keys.channels("augment.std", std, 1e-6, 10);
    if (mean.isPresent() != std.isPresent()) {
      throw new IllegalArgumentException(
          "augment.mean and augment.std belong together; given: only augment."
              + (mean.isPresent() ? "mean" : "std"));
    }
  }

  private static void requireGoogleCrop(String section, ViewSettings view) {
    if (view.crop().cropMax() < 0.1) {
      throw Keys.refused(
          section + "crop_max",
          view.crop().cropMax(),
          "at least 0.1 with augment.semantics google, which refuse smaller crops");
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
    Builder b = new Builder().from(all);
    b.semantics = semantics;
    b.views = views;
    b.device = device;
    b.view.putAll(view);
    b.interpolation = interpolation;
    b.mean = mean;
    b.std = std;
    return b;
  }

  /**
   * Returns what was chosen for the views and has no effect, for warnings: operations that are
   * listed and have no probability, and crops that are listed and keep the whole view.
   */
  public List<String> idle() {
    return IntStream.range(0, views)
        .mapToObj(i ->
            view.containsKey(i + 1) ? view.get(i + 1).idle(section(i + 1)) : all.idle("augment."))
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

  private static String section(int number) {
    return "augment.view_" + number + ".";
  }

  /**
   * Returns what is done to a view.
   *
   * @param index 0 to {@code views - 1}
   */
  public ViewSettings viewAt(int index) {
    return view.getOrDefault(index + 1, all);
  }

  /** Returns how crops are resized. */
  public Filter filter() {
    return interpolation.orElse(
        switch (semantics) {
          case TORCHVISION -> Filter.BILINEAR;
          case GOOGLE -> Filter.BICUBIC_TENSORFLOW;
        });
  }

  /**
   * Collects values for an {@link AugmentSettings}; each setter is named like its key, and those of
   * what is done to a view are for all views.
   */
  public static final class Builder extends ViewSetters<Builder> {
    private Semantics semantics = Semantics.TORCHVISION;
    private int views = 2;
    private ViewDevice device = ViewDevice.CPU;
    private final SortedMap<Integer, ViewSettings> view = new TreeMap<>();
    private Optional<Filter> interpolation = Optional.empty();
    private Optional<List<Double>> mean = Optional.empty();
    private Optional<List<Double>> std = Optional.empty();

    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** Sets {@code semantics}. */
    public Builder semantics(Semantics value) {
      semantics = value;
      return this;
    }

    /** Sets {@code views}. */
    public Builder views(int value) {
      views = value;
      return this;
    }

    /** Sets {@code device}. */
    public Builder device(ViewDevice value) {
      device = value;
      return this;
    }

    /** Sets what is done to the view with a number, counted from 1. */
    public Builder view(int number, ViewSettings value) {
      view.put(number, value);
      return this;
    }

    /** Sets {@code interpolation}. */
    public Builder interpolation(Filter value) {
      interpolation = Optional.of(value);
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
      return new AugmentSettings(semantics, views, device, view(), view, interpolation, mean, std);
    }
  }
}
