package dev.simclr.train;

import dev.simclr.torch.Device;
import dev.simclr.torch.Torch;

/**
 * Length, precision and bookkeeping of a run (YAML section {@code train}).
 *
 * @param epochs passes over the training images
 * @param steps updates of the run, whatever {@code epochs} says; 0 means as many as the epochs have
 * @param batch images (not views) that are compared with each other
 * @param batching how epochs are cut into batches
 * @param seed seed of every random number of the run
 * @param precision the type of convolutions and matrix products
 * @param device where tensors live
 * @param threads threads of native operators; 0 means the available processors
 * @param loaderThreads threads that make views; 0 means the available processors. Results do not
 *     depend on it
 * @param deterministic whether operators without a deterministic algorithm are refused
 * @param checkpointEvery epochs between checkpoints
 * @param keepCheckpoints how many checkpoints stay on disk; 0 means all
 * @param evalEvery epochs between evaluations; 0 means only before the first and after the last
 *     step
 * @param logEvery steps between two lines of metrics
 * @param positives what a positive pair is; anything but {@code augmented} is a control experiment
 *     that should learn little
 * @param chunk images whose views are encoded together, a divisor of {@code batch}; 0 means the
 *     whole batch. Memory is that of a batch of this size, at the cost of encoding twice; the
 *     gradient is that of the whole batch, with batch-norm statistics of chunks
 * @param accumulate batches whose gradients are averaged before an update (gradient accumulation);
 *     each is compared with itself alone, so there are no more negatives, unlike with {@code chunk}
 * @param chunkBn whose statistics the views of an image share, if batches are divided
 * @param memoryCheck what happens if the estimated peak exceeds the memory available
 */
public record TrainConfig(
    int epochs,
    long steps,
    int batch,
    Batching batching,
    long seed,
    Precision precision,
    DeviceChoice device,
    int threads,
    int loaderThreads,
    boolean deterministic,
    int checkpointEvery,
    int keepCheckpoints,
    int evalEvery,
    int logEvery,
    Positives positives,
    int chunk,
    int accumulate,
    ChunkBn chunkBn,
    MemoryCheck memoryCheck) {
  /** How n images an epoch are cut into batches of B. */
  public enum Batching {
    /** Each epoch has n / B batches; the rest of its images are left out. */
    PER_EPOCH,
    /**
     * Batches run on across epochs, as in the SimCLR reference: the i-th image of step s is that at
     * position q mod n of epoch q div n, where q = s B + i. E epochs are E n div B + 1 steps.
     */
    CONTINUOUS;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** The type of convolutions and matrix products; weights and the loss are always float32. */
  public enum Precision {
    /**
     * {@link #BF16} where the processor has AVX512-BF16 or AMX or the device is a GPU, else {@link
     * #FLOAT32}.
     */
    AUTO,
    /** Single precision. */
    FLOAT32,
    /**
     * bfloat16 autocast; about 9 times slower than float32 on processors without instructions for
     * it.
     */
    BF16;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Where tensors live. */
  public enum DeviceChoice {
    /** {@link #CUDA} where it is available, else {@link #CPU}. */
    AUTO,
    /** The processor. */
    CPU,
    /** The first CUDA device. */
    CUDA;

    /**
     * Finds the device on this machine.
     *
     * @param key the setting that chose, for the message
     * @throws IllegalArgumentException if CUDA is asked for and not there
     */
    public Device resolve(String key) {
      boolean cuda = Torch.cudaAvailable();
      if (this == CUDA && !cuda) {
        throw new IllegalArgumentException(
            key + " is cuda, but no CUDA device can be used; allowed here: auto, cpu");
      }
      return cuda && this != CPU ? Device.cuda(0) : Device.CPU;
    }

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** What a positive pair is. */
  public enum Positives {
    /** Two random views of one image: SimCLR. */
    AUGMENTED,
    /** The same image twice, without augmentation. */
    IDENTICAL,
    /** Random views of two images that are paired at random. */
    SHUFFLED;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Which views of a batch share batch-norm statistics, if it is encoded in chunks. */
  public enum ChunkBn {
    /** A chunk holds all views of its images, as a device does in data-parallel training. */
    LOCAL,
    /**
     * A chunk holds views of different images, so that statistics do not tell which views belong
     * together. Needs as many chunks as there are views.
     */
    SHUFFLED;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** What happens if the estimated peak exceeds the memory available. */
  public enum MemoryCheck {
    /** The run does not start. */
    REFUSE,
    /** The run starts, with a warning that has the numbers. */
    WARN;

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
  public TrainConfig {
    Keys.between("train.epochs", epochs, 1, 1_000_000);
    Keys.between("train.steps", steps, 0, 1_000_000_000_000L);
    Keys.between("train.batch", batch, 2, 65536);
    Keys.present("train.batching", batching);
    Keys.present("train.precision", precision);
    Keys.present("train.device", device);
    Keys.between("train.threads", threads, 0, 4096);
    Keys.between("train.loader_threads", loaderThreads, 0, 4096);
    Keys.between("train.checkpoint_every", checkpointEvery, 1, 1_000_000);
    Keys.between("train.keep_checkpoints", keepCheckpoints, 0, 1_000_000);
    Keys.between("train.eval_every", evalEvery, 0, 1_000_000);
    Keys.between("train.log_every", logEvery, 1, 1_000_000);
    Keys.present("train.positives", positives);
    if (chunk != 0 && (chunk < 2 || batch % chunk != 0)) {
      throw Keys.refused(
          "train.chunk", chunk, "0, or from 2 a divisor of train.batch, which is " + batch);
    }
    Keys.between("train.accumulate", accumulate, 1, 65536);
    requireRows(batch, accumulate, 1);
    Keys.present("train.chunk_bn", chunkBn);
    Keys.present("train.memory_check", memoryCheck);
  }

  /**
   * Refuses steps with more views than rows are counted.
   *
   * @param views of an image
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  static void requireRows(int batch, int accumulate, int views) {
    int most = Integer.MAX_VALUE / (batch * views);
    if (accumulate > most) {
      throw Keys.refused(
          "train.accumulate",
          accumulate,
          "at most %d with train.batch %d%s, since a step has at most 2^31 - 1 views"
              .formatted(most, batch, views == 1 ? "" : " and augment.views " + views));
    }
  }

  /** Returns how many images (not views) an update sees: all batches that are accumulated. */
  public int imagesPerStep() {
    return batch * accumulate;
  }

  /** Whether batches are divided into chunks that have no two views of an image. */
  public boolean hasShuffledChunks() {
    return Chunks.several(this) && chunkBn == ChunkBn.SHUFFLED;
  }

  /** Returns the default values. */
  public static TrainConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.epochs = epochs;
    b.steps = steps;
    b.batch = batch;
    b.batching = batching;
    b.seed = seed;
    b.precision = precision;
    b.device = device;
    b.threads = threads;
    b.loaderThreads = loaderThreads;
    b.deterministic = deterministic;
    b.checkpointEvery = checkpointEvery;
    b.keepCheckpoints = keepCheckpoints;
    b.evalEvery = evalEvery;
    b.logEvery = logEvery;
    b.positives = positives;
    b.chunk = chunk;
    b.accumulate = accumulate;
    b.chunkBn = chunkBn;
    b.memoryCheck = memoryCheck;
    return b;
  }

  /** Collects values for a {@link TrainConfig}; each setter is named like its component. */
  public static final class Builder {
    private int epochs = 10;
    private long steps = 0;
    private int batch = 256;
    private Batching batching = Batching.PER_EPOCH;
    private long seed = 0;
    private Precision precision = Precision.AUTO;
    private DeviceChoice device = DeviceChoice.AUTO;
    private int threads = 0;
    private int loaderThreads = 0;
    private boolean deterministic = false;
    private int checkpointEvery = 1;
    private int keepCheckpoints = 2;
    private int evalEvery = 1;
    private int logEvery = 10;
    private Positives positives = Positives.AUGMENTED;
    private int chunk = 0;
    private int accumulate = 1;
    private ChunkBn chunkBn = ChunkBn.SHUFFLED;
    private MemoryCheck memoryCheck = MemoryCheck.REFUSE;

    private Builder() {}

    /** Sets {@code epochs}. */
    public Builder epochs(int value) {
      epochs = value;
      return this;
    }

    /** Sets {@code steps}. */
    public Builder steps(long value) {
      steps = value;
      return this;
    }

    /** Sets {@code batch}. */
    public Builder batch(int value) {
      batch = value;
      return this;
    }

    /** Sets {@code batching}. */
    public Builder batching(Batching value) {
      batching = value;
      return this;
    }

    /** Sets {@code seed}. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Sets {@code precision}. */
    public Builder precision(Precision value) {
      precision = value;
      return this;
    }

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

    /** Sets {@code deterministic}. */
    public Builder deterministic(boolean value) {
      deterministic = value;
      return this;
    }

    /** Sets {@code checkpointEvery}. */
    public Builder checkpointEvery(int value) {
      checkpointEvery = value;
      return this;
    }

    /** Sets {@code keepCheckpoints}. */
    public Builder keepCheckpoints(int value) {
      keepCheckpoints = value;
      return this;
    }

    /** Sets {@code evalEvery}. */
    public Builder evalEvery(int value) {
      evalEvery = value;
      return this;
    }

    /** Sets {@code logEvery}. */
    public Builder logEvery(int value) {
      logEvery = value;
      return this;
    }

    /** Sets {@code positives}. */
    public Builder positives(Positives value) {
      positives = value;
      return this;
    }

    /** Sets {@code chunk}. */
    public Builder chunk(int value) {
      chunk = value;
      return this;
    }

    /** Sets {@code accumulate}. */
    public Builder accumulate(int value) {
      accumulate = value;
      return this;
    }

    /** Sets {@code chunkBn}. */
    public Builder chunkBn(ChunkBn value) {
      chunkBn = value;
      return this;
    }

    /** Sets {@code memoryCheck}. */
    public Builder memoryCheck(MemoryCheck value) {
      memoryCheck = value;
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public TrainConfig build() {
      return new TrainConfig(
          epochs,
          steps,
          batch,
          batching,
          seed,
          precision,
          device,
          threads,
          loaderThreads,
          deterministic,
          checkpointEvery,
          keepCheckpoints,
          evalEvery,
          logEvery,
          positives,
          chunk,
          accumulate,
          chunkBn,
          memoryCheck);
    }
  }
}
