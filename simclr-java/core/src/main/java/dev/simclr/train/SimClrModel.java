package dev.simclr.train;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.model.Module;
import dev.simclr.model.Parameter;
import dev.simclr.model.ProjectionHead;
import dev.simclr.model.ResNet;
import dev.simclr.torch.Device;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is trained: encoder f and projection head g. In a checkpoint their names have a prefix. */
final class SimClrModel implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());
  private static final String ENCODER = "encoder.";
  private static final String HEAD = "head.";

  private final Module encoder;
  private final int featureDim;
  private final ProjectionHead head;

  private SimClrModel(Module encoder, int featureDim, ProjectionHead head) {
    this.encoder = encoder;
    this.featureDim = featureDim;
    this.head = head;
  }

  /** Builds the network of the configuration with the initial weights of the seed. */
  static SimClrModel create(PretrainConfig config, Device device) {
    return create(config, Optional.empty(), device);
  }

  /**
   * Builds encoder and head with the initial weights of the seed.
   *
   * @param user the encoder, if it is not that of the configuration
   */
  static SimClrModel create(PretrainConfig config, Optional<UserEncoder> user, Device device) {
    long seed = config.train().seed();
    EncoderConfig encoderConfig = EncoderConfig.of(config);
    List<Module> parts = new ArrayList<>();
    try {
      Module encoder;
      int featureDim;
      if (user.isPresent()) {
        encoder = user.get().network().apply(seed);
        featureDim = user.get().featureDim();
      } else {
        ResNet network = encoderConfig.network(seed);
        encoder = network;
        featureDim = network.featureDim();
      }
      parts.add(encoder);
      ProjectionHead head =
          config.head().architecture(encoderConfig, featureDim).seed(seed).build();
      parts.add(head);
      for (Module part : parts) {
        part.to(device);
        // Convolutions on CPUs and tensor cores want channels last; a weight in another layout
        // would be reordered in every step.
        part.to(MemoryFormat.CHANNELS_LAST);
      }
      return new SimClrModel(encoder, featureDim, head);
    } catch (RuntimeException | Error e) {
      parts.forEach(Module::close);
      throw e;
    }
  }

  Module encoder() {
    return encoder;
  }

  /** Width of h. */
  int featureDim() {
    return featureDim;
  }

  ProjectionHead head() {
    return head;
  }

  /**
   * Encodes.
   *
   * @param views {@code [N, 3, H, W]}
   * @return h, {@code [N, featureDim]}, owned by the innermost scope
   * @throws IllegalArgumentException if an encoder of the user's gives another shape
   */
  Tensor encode(Tensor views) {
    return UserEncoder.requireFeatures(encoder.forward(views), featureDim);
  }

  /**
   * Projects.
   *
   * @param h {@code [N, featureDim]}
   * @return {@code [N, D]}, owned by the innermost scope
   */
  Tensor project(Tensor h) {
    return head.forward(h);
  }

  /** Chooses between training and evaluation mode of batch norm. */
  void train(boolean mode) {
    encoder.train(mode);
    head.train(mode);
  }

  /** Returns the trainable tensors, by the names that a checkpoint has. */
  List<Parameter> parameters() {
    List<Parameter> all = new ArrayList<>();
    encoder.parameters().forEach(p -> all.add(prefixed(ENCODER, p)));
    head.parameters().forEach(p -> all.add(prefixed(HEAD, p)));
    return all;
  }

  private static Parameter prefixed(String prefix, Parameter p) {
    return new Parameter(prefix + p.name(), p.kind(), p.tensor());
  }

  long parameterCount() {
    return encoder.parameterCount() + head.parameterCount();
  }

  /** Returns all tensors, by the names that a checkpoint has. */
  Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    encoder.state().forEach((name, tensor) -> all.put(ENCODER + name, tensor));
    head.state().forEach((name, tensor) -> all.put(HEAD + name, tensor));
    return all;
  }

  /**
   * Takes over weights as the start of another run.
   *
   * @param source an encoder in safetensors, see {@link EncoderWeights}, or a run folder with
   *     encoder and head
   * @throws dev.simclr.checkpoint.CheckpointException naming what is missing, too much or of
   *     another shape
   */
  void initFrom(Path source) {
    if (Files.isDirectory(source)) {
      load(source.resolve("model.safetensors"), encoder.state());
      load(source.resolve("head.safetensors"), head.state());
      return;
    }
    List<String> ignored = new EncoderWeights(source).loadInto(encoder);
    if (!ignored.isEmpty()) {
      LOG.log(
          Level.INFO,
          "of {0} these were ignored, since an encoder has no classifier: {1}",
          source,
          String.join(", ", ignored));
    }
  }

  /**
   * Overwrites tensors with those of a file.
   *
   * @throws dev.simclr.checkpoint.CheckpointException naming what is missing, too much or of
   *     another shape
   */
  static void load(Path file, Map<String, Tensor> into) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      reader.readAll(into);
    }
  }

  @Override
  public void close() {
    encoder.close();
    head.close();
  }
}
