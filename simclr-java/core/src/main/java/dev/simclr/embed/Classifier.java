package dev.simclr.embed;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.torch.Device;
import dev.simclr.train.ClassifierConfig;
import dev.simclr.train.ClassifierModel;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

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
    if (options.config().isPresent()) {
      throw new IllegalArgumentException(
          "options.config is given; allowed: none, since a classifier's file has its own");
    }
    Path file = file(place);
    ClassifierConfig config = describe(file);
    Encoder scores =
        Encoder.open(
            device -> network(file, config, device), config.encoder(), options, "the classifier");
    return new Classifier(config, scores);
  }

  private static Encoder.Network network(Path file, ClassifierConfig config, Device device) {
    ClassifierModel model = ClassifierModel.load(file, device);
    return Encoder.network(model::forward, config.classNames().size(), model::close);
  }

  /**
   * Reads what a classifier file says about the classifier, without loading it.
   *
   * @param place a classifier file, or a folder with a {@code classifier.safetensors}
   * @throws CheckpointException naming the file, if it is missing, damaged or no classifier
   */
  public static ClassifierConfig describe(Path place) {
    Path file = file(place);
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      return ClassifierConfig.of(reader.metadata(), file.toString());
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
