package dev.simclr.embed;

import dev.simclr.train.EncoderConfig;
import dev.simclr.train.TrainConfig.DeviceChoice;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How an {@link Encoder} computes. None of it changes what the features mean; another batch size or
 * number of threads may change their last digits, since libtorch then adds up in another order.
 *
 * @param device where the network is
 * @param threads threads of native operators; 0 means the available processors
 * @param loaderThreads threads that prepare the images of a data set; 0 means the available
 *     processors
 * @param batch largest number of images of one forward pass, 1 to 65536
 * @param maxWait how long a single image waits at most for others that are just being prepared, so
 *     that they share a forward pass; an image with no others on their way never waits
 * @param config the architecture and how images are prepared, for a file that does not say so
 *     itself, such as one of torchvision; it is used instead of what a file says
 */
public record EncoderOptions(
    DeviceChoice device,
    int threads,
    int loaderThreads,
    int batch,
    Duration maxWait,
    Optional<EncoderConfig> config) {
  private static final int MAX_THREADS = 4096;
  private static final int MAX_BATCH = 65536;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  /**
   * Refuses values with which no encoder can compute.
   *
   * @throws IllegalArgumentException naming the option, the value and what is allowed
   */
  public EncoderOptions {
    Objects.requireNonNull(device, "device");
    between("threads", threads, 0, MAX_THREADS);
    between("loaderThreads", loaderThreads, 0, MAX_THREADS);
    between("batch", batch, 1, MAX_BATCH);
    if (maxWait.isNegative() || maxWait.compareTo(LONGEST_WAIT) > 0) {
      throw new IllegalArgumentException(
          "maxWait is " + maxWait + "; allowed: " + Duration.ZERO + " to " + LONGEST_WAIT);
    }
    Objects.requireNonNull(config, "config");
  }

  private static void between(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " is " + value + "; allowed: " + min + " to " + max);
    }
  }

  /** Returns the default options. */
  public static EncoderOptions defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects {@link EncoderOptions}; each setter is named like its component. */
  public static final class Builder {
    private DeviceChoice device = DeviceChoice.AUTO;
    private int threads = 0;
    private int loaderThreads = 0;
    private int batch = 256;
    private Duration maxWait = Duration.ofMillis(2);
    private Optional<EncoderConfig> config = Optional.empty();

    private Builder() {}

    /** Sets {@code device}. */
    public Builder device(DeviceChoice value) {
      device = value;
      return this;
    }

    /** Sets {@code threads}. */
    public Builder threads(int value) {
      threads = value;
      return this;
    }

    /** Sets {@code loaderThreads}. */
    public Builder loaderThreads(int value) {
      loaderThreads = value;
      return this;
    }

    /** Sets {@code batch}. */
    public Builder batch(int value) {
      batch = value;
      return this;
    }

    /** Sets {@code maxWait}. */
    public Builder maxWait(Duration value) {
      maxWait = value;
      return this;
    }

    /** Sets {@code config}. */
    public Builder config(EncoderConfig value) {
      config = Optional.of(value);
      return this;
    }

    /**
     * Returns the options, checked.
     *
     * @throws IllegalArgumentException naming the option, the value and what is allowed
     */
    public EncoderOptions build() {
      return new EncoderOptions(device, threads, loaderThreads, batch, maxWait, config);
    }
  }
}
