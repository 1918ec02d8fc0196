package dev.simclr.embed;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.model.Module;
import dev.simclr.torch.Device;
import dev.simclr.train.ClassifierConfig;
import dev.simclr.train.ClassifierModel;
import dev.simclr.train.UserEncoder;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.LongFunction;

/**
 * A trained classifier: images to classes.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.load(Path.of("classifier.safetensors"))) {
 *   Prediction prediction = classifier.predict(Path.of("cat.jpg"));
 * }
 * }</pre>
 *
 * <p>{@code simclr linear --out}, {@code simclr finetune} and {@link ClassifierModel#save} write
 * such files. Images are prepared, threads used and calls from many threads brought together as
 * {@link Encoder} does it; all that is said there of threads, interrupts and last digits holds here
 * too.
 */
public final class Classifier implements AutoCloseable {
  private static final String IN_FOLDER = "classifier.safetensors";

  private final ClassifierConfig config;
  private final Encoder scores;

  private Classifier(ClassifierConfig config, Encoder scores) {
    this.config = config;
    this.scores = scores;
  }

  /** Takes predictions of a data set, a batch at a time. */
  @FunctionalInterface
  public interface Consumer {
    /**
     * Takes predictions; called on the classifier's compute thread.
     *
     * @param first index of the first image
     * @param predictions of it and those that follow
     */
    void accept(long first, List<Prediction> predictions);
  }

  /** Loads a classifier with the default options, see {@link #load(Path, EncoderOptions)}. */
  public static Classifier load(Path place) {
    return load(place, EncoderOptions.defaults());
  }

  /**
   * Loads a classifier.
   *
   * @param place a classifier file, or a folder with a {@code classifier.safetensors}
   * @param options device, threads and batch size; the file says what network it is for, so {@link
   *     EncoderOptions#config} must be absent
   * @throws CheckpointException naming the file, if it is missing, damaged or no classifier
   * @throws IllegalArgumentException if CUDA is asked for and not there, or a configuration given
   * @throws dev.simclr.torch.TorchException if the native library cannot be loaded or fails
   */
  public static Classifier load(Path place, EncoderOptions options) {
    Objects.requireNonNull(options, "options");
    requireNoConfig(options);
    Path file = file(place);
    return open(file, Optional.empty(), describe(file), options);
  }

  /**
   * Loads a classifier on a network of the caller's, as {@link dev.simclr.train.FineTuner#encoder}
   * trains it.
   *
   * @param place as in {@link #load(Path, EncoderOptions)}
   * @param featureDim width of what the network gives, at least 1
   * @param network makes the network on the CPU from a seed, whose weights are replaced; called on
   *     the thread that computes, and closed by the classifier
   * @param options as in {@link #load(Path, EncoderOptions)}
   * @throws CheckpointException naming the file, if it is missing, damaged, no classifier or for
   *     another network
   * @throws IllegalArgumentException if {@code featureDim} is less than 1, CUDA is asked for and
   *     not there, or a configuration given
   * @throws dev.simclr.torch.TorchException if the native library cannot be loaded or fails
   */
  public static Classifier load(
      Path place, int featureDim, LongFunction<? extends Module> network, EncoderOptions options) {
    requireNoConfig(options);
    Path file = file(place);
    Optional<UserEncoder> user = Optional.of(new UserEncoder(featureDim, network));
    return open(file, user, describe(file, ClassifierConfig::ofViews), options);
  }

  private static void requireNoConfig(EncoderOptions options) {
    if (options.config().isPresent()) {
      throw new IllegalArgumentException(
          "options.config is given; allowed: none, since a classifier's file has its own");
    }
  }

  private static Classifier open(
      Path file, Optional<UserEncoder> user, ClassifierConfig config, EncoderOptions options) {
    Encoder scores =
        Encoder.open(
            device -> network(file, user, config, device),
            config.encoder(),
            options,
            "the classifier");
    return new Classifier(config, scores);
  }

  private static Encoder.Network network(
      Path file, Optional<UserEncoder> user, ClassifierConfig config, Device device) {
    ClassifierModel model = ClassifierModel.load(file, user, device);
    return Encoder.network(model::forward, config.classNames().size(), model::close);
  }

  /**
   * Reads what a classifier file says about the classifier, without loading it.
   *
   * @param place a classifier file, or a folder with a {@code classifier.safetensors}
   * @throws CheckpointException naming the file, if it is missing, damaged or no classifier
   */
  public static ClassifierConfig describe(Path place) {
    return describe(file(place), ClassifierConfig::of);
  }

  private static ClassifierConfig describe(
      Path file, BiFunction<Map<String, String>, String, ClassifierConfig> read) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      return read.apply(reader.metadata(), file.toString());
    }
  }

  private static Path file(Path place) {
    if (!Files.exists(place)) {
      throw new CheckpointException("there is no classifier file or folder " + place);
    }
    if (!Files.isDirectory(place)) {
      return place;
    }
    Path file = place.resolve(IN_FOLDER);
    if (!Files.exists(file)) {
      throw new CheckpointException("folder " + place + " has no " + IN_FOLDER);
    }
    return file;
  }

  /** Returns what the classifier is, and how images are prepared. */
  public ClassifierConfig config() {
    return config;
  }

  /** Returns the names of the classes, by label. */
  public List<String> classNames() {
    return config.classNames();
  }

  /** Returns where the network is. */
  public Device device() {
    return scores.device();
  }

  /**
   * Computes the probabilities of the classes, softmax of the scores.
   *
   * @return one per class; their sum is 1
   * @throws IllegalStateException if the classifier is closed
   */
  public double[] probabilities(RgbImage image) {
    return softmax(scores.embed(image));
  }

  /**
   * Classifies an image of any size.
   *
   * @return the most probable class, of equal ones the first
   * @throws IllegalStateException if the classifier is closed
   */
  public Prediction predict(RgbImage image) {
    return prediction(scores.embed(image));
  }

  /**
   * Classifies a JPEG or PNG file.
   *
   * @throws dev.simclr.data.DataException naming the file, if it is missing, unreadable or not a
   *     sound image
   * @throws IllegalStateException if the classifier is closed
   */
  public Prediction predict(Path image) {
    return predict(RgbImage.read(image));
  }

  /**
   * Classifies images of any sizes, see {@link Encoder#embed(List)}.
   *
   * @throws IllegalStateException if the classifier is closed
   */
  public List<Prediction> predict(List<RgbImage> images) {
    return Arrays.stream(scores.embed(images)).map(this::prediction).toList();
  }

  /**
   * Classifies JPEG and PNG files. They are read and prepared on several threads, and only one
   * image a thread is in memory at a time, so that there may be many large ones.
   *
   * @param files the files
   * @param onBad told of each file that is missing, unreadable or not a sound image, on any thread;
   *     it may throw to end the whole call
   * @return a prediction for each file in order, absent where it was bad
   * @throws IllegalStateException if the classifier is closed
   */
  public List<Optional<Prediction>> predictFiles(
      List<Path> files, java.util.function.Consumer<DataException> onBad) {
    List<Path> all = List.copyOf(files);
    return scores
        .embedEach(
            all.size(),
            i -> {
              try {
                return Optional.of(RgbImage.read(all.get(i)));
              } catch (DataException e) {
                onBad.accept(e);
                return Optional.empty();
              }
            })
        .stream()
        .map(row -> row.map(this::prediction))
        .toList();
  }

  /**
   * Classifies all images of a data set, in its order, see {@link Encoder#features(ImageDataset,
   * RowConsumer)}.
   *
   * @throws dev.simclr.data.DataException naming the image of which no view can be made
   * @throws IllegalStateException if the classifier is closed
   */
  public void predict(ImageDataset images, Consumer consumer) {
    int classes = classNames().size();
    scores.features(
        images,
        (first, rows) -> {
          float[] values = rows.toArray(ValueLayout.JAVA_FLOAT);
          List<Prediction> predictions = new ArrayList<>();
          for (int i = 0; i < values.length; i += classes) {
            predictions.add(prediction(Arrays.copyOfRange(values, i, i + classes)));
          }
          consumer.accept(first, predictions);
        });
  }

  private Prediction prediction(float[] row) {
    int best = 0;
    for (int c = 1; c < row.length; c++) {
      best = row[c] > row[best] ? c : best;
    }
    return new Prediction(best, classNames().get(best), softmax(row)[best]);
  }

  private static double[] softmax(float[] row) {
    double max = Double.NEGATIVE_INFINITY;
    for (float score : row) {
      max = Math.max(max, score);
    }
    double[] result = new double[row.length];
    double sum = 0;
    for (int c = 0; c < row.length; c++) {
      result[c] = Math.exp(row[c] - max);
      sum += result[c];
    }
    for (int c = 0; c < row.length; c++) {
      result[c] /= sum;
    }
    return result;
  }

  /** Finishes the calls that are going on and frees the network, see {@link Encoder#close}. */
  @Override
  public void close() {
    scores.close();
  }
}
