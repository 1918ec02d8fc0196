package dev.simclr.embed;

import dev.simclr.augment.EvalTransform;
import dev.simclr.augment.ViewFormat;
import dev.simclr.compute.ComputeThread;
import dev.simclr.compute.Features;
import dev.simclr.compute.TensorCache;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.model.Module;
import dev.simclr.model.ResNet;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.NativeBuffer;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.UserEncoder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A trained encoder f: images to features h.
 *
 * <pre>{@code
 * try (Encoder encoder = Encoder.load(Path.of("runs/first"))) {
 *   float[] h = encoder.embed(Path.of("cat.jpg"));
 * }
 * }</pre>
 *
 * <p>Images are resized and cropped as in an evaluation ({@link EvalTransform}), and the network
 * runs in evaluation mode and float32 whatever precision it was trained in. Features are not
 * normalised; for cosine similarity divide them by their length.
 *
 * <p>All methods may be called from any thread, virtual ones too. The caller prepares its image,
 * for virtual threads a few platform threads do; one platform thread, which belongs to the encoder,
 * computes, and takes what several callers ask for at one time in a single forward pass. It is a
 * daemon thread, so an encoder that is never closed does not keep the process alive. An interrupt
 * does not cut a call for single images short; the thread's interrupt status is set on return.
 *
 * <p>On a CPU it keeps the memory that a forward pass takes for the next one until it is closed
 * (see {@link dev.simclr.torch.CpuAllocator}, which is switched on for the whole process meanwhile
 * unless it is already).
 *
 * <p>Features of a data set have the very bits of an evaluation during training if batch size,
 * threads and device are the same. Those of single images agree with them up to the last digits,
 * since libtorch may choose another algorithm for another batch size.
 */
public final class Encoder implements AutoCloseable {
  private final EncoderConfig config;
  private final ViewFormat format;
  private final Device device;
  private final int batch;
  private final Network network;
  private final Features features;
  private final ComputeThread compute;
  private final MicroBatcher batcher;
  private final Preparers preparers;
  private final TensorCache cache;
  private final Queue<EvalTransform> transforms = new ConcurrentLinkedQueue<>();

  /** What computes, on the compute thread: an encoder, or an encoder with a classifier on it. */
  interface Network {
    /** Takes views, {@code [b, 3, S, S]}, and returns {@code [b, outputs]}. */
    Tensor forward(Tensor views);

    int outputs();

    void close();
  }

  /** Loads a network, on the compute thread. */
  @FunctionalInterface
  interface Loader {
    Network load(Device device);
  }

  /** Loads, on the compute thread. */
  private Encoder(
      Loader loader, EncoderConfig config, EncoderOptions options, ComputeThread compute) {
    int processors = Runtime.getRuntime().availableProcessors();
    this.config = config;
    this.format = config.format();
    this.device = options.device().resolve("device");
    this.batch = options.batch();
    this.compute = compute;
    this.batcher = new MicroBatcher(options.batch(), options.maxWait());
    int loaderThreads = options.loaderThreads() == 0 ? processors : options.loaderThreads();
    this.features = new Features(format, batch, device, loaderThreads);
    this.preparers = new Preparers(loaderThreads);
    Torch.setNumThreads(options.threads() == 0 ? processors : options.threads());
    this.network = loader.load(device);
    this.cache = TensorCache.open(device);
  }

  /** Loads an encoder with the default options, see {@link #load(Path, EncoderOptions)}. */
  public static Encoder load(Path place) {
    return load(place, EncoderOptions.defaults());
  }

  /**
   * Loads an encoder.
   *
   * @param place the folder of a finished run, or its {@code model.safetensors}, which says by
   *     itself what network it is for; a file of other origin, such as a ResNet of torchvision in
   *     safetensors, needs {@link EncoderOptions#config}
   * @param options device, threads and batch size
   * @throws dev.simclr.checkpoint.CheckpointException naming the file, if it is missing, damaged,
   *     does not say what network it is for, or is for another one
   * @throws IllegalArgumentException if CUDA is asked for and not there
   * @throws dev.simclr.torch.TorchException if the native library cannot be loaded or fails
   */
  public static Encoder load(Path place, EncoderOptions options) {
    Objects.requireNonNull(options, "options");
    EncoderFile file = EncoderFile.find(place);
    EncoderConfig config = file.config(options.config());
    return open(
        device -> {
          ResNet resnet = file.load(() -> config.network(0), device);
          return network(resnet::forward, resnet.featureDim(), resnet::close);
        },
        config,
        options,
        "the encoder");
  }

  /**
   * Loads an encoder that is a network of the caller's, as {@link
   * dev.simclr.train.Pretrainer#encoder} trains it.
   *
   * <pre>{@code
   * Encoder.load(folder, 64, seed -> new MyNetwork(seed), EncoderOptions.defaults());
   * }</pre>
   *
   * @param place the folder of a finished run, or its {@code model.safetensors}, which has the
   *     weights by the network's names and says how images are prepared, unless {@link
   *     EncoderOptions#config} does; section {@code model} is ignored
   * @param featureDim width of what the network gives, at least 1
   * @param network makes the network on the CPU from a seed, whose weights are replaced; called on
   *     the thread that computes, and closed by the encoder
   * @param options device, threads and batch size
   * @throws dev.simclr.checkpoint.CheckpointException naming the file, if it is missing, damaged,
   *     or for another network
   * @throws IllegalArgumentException if {@code featureDim} is less than 1, or CUDA is asked for and
   *     not there
   * @throws dev.simclr.torch.TorchException if the native library cannot be loaded or fails
   */
  public static Encoder load(
      Path place, int featureDim, LongFunction<? extends Module> network, EncoderOptions options) {
    UserEncoder user = new UserEncoder(featureDim, network);
    EncoderFile file = EncoderFile.find(place);
    EncoderConfig config = options.config().orElseGet(file::views);
    return open(
        device -> {
          Module module = file.load(() -> user.network().apply(0), device);
          return network(
              views -> UserEncoder.requireFeatures(module.forward(views), featureDim),
              featureDim,
              module::close);
        },
        config,
        options,
        "the encoder");
  }

  /** Joins what a network consists of. */
  static Network network(UnaryOperator<Tensor> forward, int outputs, Runnable close) {
    return new Network() {
      @Override
      public Tensor forward(Tensor views) {
        return forward.apply(views);
      }

      @Override
      public int outputs() {
        return outputs;
      }

      @Override
      public void close() {
        close.run();
      }
    };
  }

  /**
   * Starts a compute thread and loads a network on it.
   *
   * @param owner what messages call it
   */
  static Encoder open(Loader loader, EncoderConfig config, EncoderOptions options, String owner) {
    ComputeThread compute = new ComputeThread(owner, true);
    try {
      return compute.call(() -> new Encoder(loader, config, options, compute), () -> {});
    } catch (RuntimeException | Error e) {
      compute.close();
      throw e;
    }
  }

  /**
   * Returns whether an encoder file says what network it is for, so that {@link #load(Path)} can
   * load it. Those of torchvision and others do not, and need {@link EncoderOptions#config}.
   *
   * @param place the folder of a finished run, or an encoder file
   * @throws dev.simclr.checkpoint.CheckpointException naming the file, if it is missing or damaged
   */
  public static boolean isDescribed(Path place) {
    return EncoderFile.find(place).isDescribed();
  }

  /**
   * Returns whether an encoder file is of a network of a caller's own, as {@link
   * dev.simclr.train.Pretrainer#encoder} takes it: code that has the network can load it.
   *
   * @param place the folder of a finished run, or an encoder file
   * @throws dev.simclr.checkpoint.CheckpointException naming the file, if it is missing or damaged
   */
  public static boolean isOfOwnNetwork(Path place) {
    return EncoderFile.find(place).isOfOwnNetwork();
  }

  /**
   * Reads what an encoder file says about the encoder, without loading it.
   *
   * @param place the folder of a finished run, or its {@code model.safetensors}
   * @throws dev.simclr.checkpoint.CheckpointException naming the file, if it is missing, damaged or
   *     does not say what network it is for
   */
  public static EncoderConfig describe(Path place) {
    return EncoderFile.find(place).config();
  }

  /**
   * Returns the encoder file that {@link #load(Path)} would load.
   *
   * @param place the folder of a finished run, or its {@code model.safetensors}
   * @throws dev.simclr.checkpoint.CheckpointException if it is not there
   */
  public static Path file(Path place) {
    return EncoderFile.find(place).path();
  }

  /**
   * Returns the architecture, and how images are prepared; of a network of the caller's only the
   * latter, and {@code model} means nothing.
   */
  public EncoderConfig config() {
    return config;
  }

  /** Returns D, the number of features of an image. */
  public int featureDim() {
    return network.outputs();
  }

  /** Returns the height and width of what the network sees of an image, in pixels. */
  public int imageSize() {
    return format.size();
  }

  /** Returns where the network is. */
  public Device device() {
    return device;
  }

  /**
   * Computes the features of an image of any size.
   *
   * @return h, D numbers
   * @throws IllegalStateException if the encoder is closed
   * @throws dev.simclr.torch.TorchException if a native operation fails
   */
  public float[] embed(RgbImage image) {
    Objects.requireNonNull(image, "image");
    return ComputeThread.await(request(List.of(image)), () -> {});
  }

  /**
   * Computes the features of a JPEG or PNG file.
   *
   * @return h, D numbers
   * @throws dev.simclr.data.DataException naming the file, if it is missing, unreadable or not a
   *     sound image
   * @throws IllegalStateException if the encoder is closed
   */
  public float[] embed(Path image) {
    return embed(RgbImage.read(image));
  }

  /**
   * Computes the features of images of any sizes; the next ones are prepared, on the calling
   * thread, while the network computes. For very many images {@link #features(ImageDataset)}
   * prepares them on several threads.
   *
   * @return h of each image, {@code [n][D]}
   * @throws IllegalStateException if the encoder is closed
   */
  public float[][] embed(List<RgbImage> images) {
    List<RgbImage> all = List.copyOf(images);
    float[][] result = new float[all.size()][];
    ArrayDeque<CompletableFuture<float[]>> running = new ArrayDeque<>();
    int taken = 0;
    for (int start = 0; start < all.size(); start += batch) {
      running.add(request(all.subList(start, Math.min(start + batch, all.size()))));
      if (running.size() == 2) {
        taken = take(running.remove(), result, taken);
      }
    }
    while (!running.isEmpty()) {
      taken = take(running.remove(), result, taken);
    }
    return result;
  }

  /**
   * Computes the outputs of images that are read when they are needed, on several threads. Of the
   * images themselves only one a thread is in memory at a time.
   *
   * @param count images
   * @param images reads an image by its number, or tells that it is left out; what it throws is
   *     thrown here
   * @return the outputs of each image, in order
   */
  List<Optional<float[]>> embedEach(int count, IntFunction<Optional<RgbImage>> images) {
    List<Optional<float[]>> result = new ArrayList<>(count);
    for (int first = 0; first < count; first += batch) {
      int start = first;
      int end = Math.min(count, first + batch);
      List<Optional<float[]>> views =
          preparers.call(() ->
              IntStream.range(start, end)
                  .parallel()
                  .mapToObj(i -> images.apply(i).map(image -> prepare(List.of(image))))
                  .toList());
      List<float[]> present = views.stream().flatMap(Optional::stream).toList();
      float[] outputs = present.isEmpty() ? new float[0] : outputs(present);
      int next = 0;
      for (Optional<float[]> view : views) {
        int from = next;
        result.add(view.map(v -> Arrays.copyOfRange(outputs, from, from + featureDim())));
        next += view.isPresent() ? featureDim() : 0;
      }
    }
    return result;
  }

  /** Asks for the outputs of prepared views, at most a batch, and waits for them. */
  private float[] outputs(List<float[]> views) {
    compute.requireUsable();
    float[] joined = new float[Math.multiplyExact(views.size(), format.values())];
    for (int i = 0; i < views.size(); i++) {
      System.arraycopy(views.get(i), 0, joined, i * format.values(), format.values());
    }
    batcher.announce(views.size());
    return ComputeThread.await(submit(joined, views.size()), () -> {});
  }

  /** Hands announced views over. */
  private CompletableFuture<float[]> submit(float[] views, int rows) {
    CompletableFuture<float[]> result = batcher.submit(views, rows);
    try {
      compute.execute(() -> batcher.runBatch(this::forward));
    } catch (RuntimeException e) {
      batcher.abandon(result);
      throw e;
    }
    return result;
  }

  /** Waits for features and puts them where they belong; returns how many images are done. */
  private int take(CompletableFuture<float[]> future, float[][] result, int start) {
    float[] rows = ComputeThread.await(future, () -> {});
    int next = start;
    for (int i = 0; i < rows.length; i += featureDim()) {
      result[next++] = Arrays.copyOfRange(rows, i, i + featureDim());
    }
    return next;
  }

  /**
   * Computes the features of all images of a data set, in its order. Images are prepared on loader
   * threads; single images that others ask for meanwhile wait until it is done.
   *
   * @return {@code [n, D]} float32 on the CPU, owned by the innermost scope of the calling thread
   * @throws IllegalStateException if no scope is open, which on a virtual thread none can be, or if
   *     the encoder is closed
   * @throws dev.simclr.data.DataException naming the image of which no view can be made
   * @throws CancellationException if the calling thread is interrupted, between two forward passes
   */
  public Tensor features(ImageDataset images) {
    if (!TensorScope.isAnyOpen()) {
      throw new IllegalStateException(
          "no TensorScope is open on this thread to own the features: open one, or pass a"
              + " MemorySegment for them");
    }
    try (NativeBuffer buffer = NativeBuffer.allocate(bytes(images))) {
      features(images, buffer.segment());
      return Tensor.wrap(buffer, 0, DType.FLOAT32, images.size(), featureDim());
    }
  }

  /**
   * Computes the features of all images of a data set into memory of any kind, see {@link
   * #features(ImageDataset)}.
   *
   * @param out receives {@code [n, D]} float32 in native byte order, row-major; exactly {@code 4 n
   *     D} bytes
   * @throws IllegalArgumentException if it has another size or is read-only
   * @throws IllegalStateException if the encoder is closed
   */
  public void features(ImageDataset images, MemorySegment out) {
    long bytes = bytes(images);
    if (out.byteSize() != bytes || out.isReadOnly()) {
      throw new IllegalArgumentException(
          "out has "
              + out.byteSize()
              + (out.isReadOnly() ? " read-only" : "")
              + " bytes; allowed: "
              + bytes
              + " writable ones, for "
              + images.size()
              + " images with "
              + featureDim()
              + " features");
    }
    if (compute.reaches(out)) {
      features(images, (first, rows) -> copy(rows, out, first));
      return;
    }
    // Memory of a confined arena, which only the caller may touch.
    try (NativeBuffer buffer = NativeBuffer.allocate(bytes)) {
      MemorySegment shared = buffer.segment();
      features(images, (first, rows) -> copy(rows, shared, first));
      out.copyFrom(shared);
    }
  }

  /**
   * Computes the features of all images of a data set and hands them on a batch at a time, so that
   * they need not fit into memory together; see {@link #features(ImageDataset)}.
   *
   * @throws IllegalStateException if the encoder is closed
   */
  public void features(ImageDataset images, RowConsumer consumer) {
    AtomicBoolean cancelled = new AtomicBoolean();
    Features.Sink sink =
        (first, rows) -> {
          if (cancelled.get()) {
            throw new CancellationException("interrupted before the features of image " + first);
          }
          consumer.accept(first, rows.to(Device.CPU).to(MemoryFormat.CONTIGUOUS).segment());
        };
    compute.call(
        () -> {
          features.stream(images, network::forward, sink);
          return null;
        },
        () -> cancelled.set(true));
  }

  private long bytes(ImageDataset images) {
    return Math.multiplyExact((long) images.size(), (long) featureDim() * Float.BYTES);
  }

  private void copy(MemorySegment rows, MemorySegment out, long first) {
    MemorySegment.copy(rows, 0, out, first * featureDim() * Float.BYTES, rows.byteSize());
  }

  /** Prepares images and asks for their features: at most a batch of them. */
  private CompletableFuture<float[]> request(List<RgbImage> images) {
    // Before waiting for room, which the compute thread would do for ever.
    compute.requireUsable();
    int rows = images.size();
    batcher.announce(rows);
    float[] views;
    try {
      views = views(images);
    } catch (RuntimeException | Error e) {
      batcher.withdraw(rows);
      throw e;
    }
    return submit(views, rows);
  }

  private float[] views(List<RgbImage> images) {
    return preparers.call(() -> prepare(images));
  }

  private float[] prepare(List<RgbImage> images) {
    float[] views = new float[Math.multiplyExact(images.size(), format.values())];
    MemorySegment memory = MemorySegment.ofArray(views);
    EvalTransform pooled = transforms.poll();
    EvalTransform transform = pooled == null ? new EvalTransform(format) : pooled;
    for (int i = 0; i < images.size(); i++) {
      RgbImage image = images.get(i);
      transform.apply(image.pixels(), image.height(), image.width(), memory, i * format.bytes());
    }
    transforms.add(transform);
    return views;
  }

  /** Runs one forward pass, on the compute thread. */
  private float[] forward(List<float[]> requests) {
    long values = requests.stream().mapToLong(views -> views.length).sum();
    try (NativeBuffer input = NativeBuffer.allocate(values * Float.BYTES);
        var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      long next = 0;
      for (float[] views : requests) {
        MemorySegment.copy(
            views, 0, input.segment(), ValueLayout.JAVA_FLOAT, next * Float.BYTES, views.length);
        next += views.length;
      }
      int size = format.size();
      long rows = values / format.values();
      Tensor views =
          Tensor.wrapChannelsLast(input, 0, DType.FLOAT32, rows, ViewFormat.CHANNELS, size, size);
      return network.forward(views.to(device)).toFloatArray();
    }
  }

  /** Returns how many forward passes there were for single images, for tests. */
  long passes() {
    return batcher.passes();
  }

  /** Returns how many views wait for a forward pass, for tests. */
  int waitingViews() {
    return batcher.waitingViews();
  }

  /**
   * Finishes the calls that are going on, frees the network and ends the compute thread; further
   * calls are an {@link IllegalStateException}. Closing again does nothing.
   */
  @Override
  public void close() {
    compute.close(() -> {
      network.close();
      cache.close();
    });
    preparers.close();
  }
}
