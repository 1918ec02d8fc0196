package dev.simclr.train;

import dev.simclr.compute.ComputeThread;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.Progress;
import dev.simclr.model.Module;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * Pretrains an encoder with SimCLR (Chen et al. 2020, arXiv 2002.05709).
 *
 * <pre>{@code
 * PretrainResult result =
 *     Pretrainer.of(PretrainConfig.defaults()).folder(Path.of("runs/first")).run();
 * }</pre>
 *
 * <p>A step takes N images, makes two views of each, encodes all 2N in one forward pass (or, with
 * {@code train.chunk}, in several), and follows the gradient of NT-Xent, or another {@code
 * loss.objective}, of their projections. A run with the same configuration, data and library
 * versions gives the same weights on the same machine, however often it was stopped and resumed, if
 * {@code train.precision} is float32, {@code train.deterministic} is set and {@code train.threads}
 * stays.
 *
 * <p>Not thread safe. {@link #run} may be called from any thread, virtual ones too.
 */
public final class Pretrainer {
  private final PretrainConfig config;
  private Optional<Path> folder = Optional.empty();
  private RunFolder.Mode mode = RunFolder.Mode.NEW;
  private Optional<Path> initFrom = Optional.empty();
  private Optional<UserEncoder> encoder = Optional.empty();
  private Optional<ImageDataset> trainImages = Optional.empty();
  private Optional<ImageDataset> testImages = Optional.empty();
  private ProgressListener listener = ProgressListener.NONE;
  private Progress packing = Progress.NONE;
  private StopToken stop = new StopToken();
  private Consumer<Path> onFolder = path -> {};

  private Pretrainer(PretrainConfig config) {
    this.config = Objects.requireNonNull(config, "config");
  }

  /** Prepares a run. */
  public static Pretrainer of(PretrainConfig config) {
    return new Pretrainer(config);
  }

  /** Sets the run folder, which is required; by default it must be missing or empty. */
  public Pretrainer folder(Path path) {
    folder = Optional.of(path);
    return this;
  }

  /** Sets what an existing run folder means. */
  public Pretrainer mode(RunFolder.Mode value) {
    mode = Objects.requireNonNull(value, "mode");
    return this;
  }

  /**
   * Goes on with the run in the folder, from its newest checkpoint or, if it has none, from the
   * start. Metrics after that checkpoint are dropped.
   */
  public Pretrainer resume() {
    return mode(RunFolder.Mode.RESUME);
  }

  /** Deletes the run that the folder holds, if any. */
  public Pretrainer overwrite() {
    return mode(RunFolder.Mode.OVERWRITE);
  }

  /**
   * Starts a new run from given weights instead of random ones. Nothing else is taken over: no
   * step, no optimizer state.
   *
   * @param source an encoder in safetensors, of a run, of torchvision or of timm (see {@link
   *     EncoderWeights}), or a finished run folder, whose projection head is taken too
   */
  public Pretrainer initFrom(Path source) {
    initFrom = Optional.of(source);
    return this;
  }

  /**
   * Trains a network of the caller's instead of the one that section {@code model} describes, which
   * is ignored then. It takes float32 views {@code [N, 3, H, W]}, channels-last, gives {@code [N,
   * featureDim]}, and is trained by all its parameters. The encoder file of the run has its weights
   * by their names and no description of its architecture; memory that it takes is not part of the
   * estimate. With {@code train.chunk} views are encoded twice, so it must give the same for the
   * same views then: dropout would make the gradient wrong.
   *
   * <pre>{@code
   * Pretrainer.of(config).encoder(64, seed -> new MyNetwork(seed)).folder(folder).run();
   * }</pre>
   *
   * @param featureDim width of what the network gives, at least 1
   * @param network makes the network on the CPU from the run's seed; called on the thread that
   *     computes, and closed by the run
   * @throws IllegalArgumentException if {@code featureDim} is less than 1
   */
  public Pretrainer encoder(int featureDim, LongFunction<? extends Module> network) {
    encoder = Optional.of(new UserEncoder(featureDim, network));
    return this;
  }

  /** Trains on these images instead of {@code data.source}; the caller closes them. */
  public Pretrainer trainImages(ImageDataset images) {
    trainImages = Optional.of(images);
    return this;
  }

  /**
   * Evaluates on these images, used only together with {@link #trainImages}; the caller closes
   * them.
   */
  public Pretrainer testImages(ImageDataset images) {
    testImages = Optional.of(images);
    return this;
  }

  /** Sets who hears about the run. */
  public Pretrainer listener(ProgressListener value) {
    listener = Objects.requireNonNull(value, "listener");
    return this;
  }

  /** Sets who hears about images being packed before the first run on them. */
  public Pretrainer packing(Progress value) {
    packing = Objects.requireNonNull(value, "packing");
    return this;
  }

  /** Sets the token that stops the run. */
  public Pretrainer stop(StopToken value) {
    stop = Objects.requireNonNull(value, "stop");
    return this;
  }

  /** Sets what happens once the run folder is open and locked, before anything is written to it. */
  public Pretrainer onFolder(Consumer<Path> value) {
    onFolder = Objects.requireNonNull(value, "onFolder");
    return this;
  }

  /**
   * Runs to the end, or until the stop token asks to stop. If the calling thread is interrupted,
   * the run stops as if the token had asked, and the thread's interrupt status is set on return.
   *
   * @throws IllegalArgumentException if settings, run folder and resumed run do not go together, or
   *     a run is going on in the folder
   * @throws dev.simclr.data.DataException if data is missing, damaged or too little
   * @throws dev.simclr.io.CannotWriteException if the disk is full or the folder cannot be written;
   *     checkpoints made before are intact
   * @throws InsufficientMemoryException if the estimated peak exceeds the memory available
   * @throws NonFiniteLossException if the loss is infinite or NaN
   * @throws dev.simclr.torch.TorchException if a native operation fails
   */
  public PretrainResult run() {
    Path path = folder.orElseThrow(() -> new IllegalArgumentException("folder is not set"));
    if (initFrom.isPresent() && mode == RunFolder.Mode.RESUME) {
      throw new IllegalArgumentException(
          "initFrom starts a new run and resume goes on with an old one; choose one");
    }
    if (testImages.isPresent() && trainImages.isEmpty()) {
      throw new IllegalArgumentException("testImages is set, but trainImages is not");
    }
    Criterion.require(config);
    Chunks.require(config);
    RunRequest request =
        new RunRequest(
            config,
            path,
            mode,
            initFrom,
            encoder,
            trainImages,
            testImages,
            listener,
            packing,
            stop,
            onFolder);
    return ComputeThread.callOnce(() -> new PretrainRun(request).execute(), stop::request);
  }
}
