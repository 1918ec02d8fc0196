package dev.simclr.train;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.model.Module;
import dev.simclr.model.Parameter;
import dev.simclr.model.ProjectionHead;
import dev.simclr.model.ResNet;
import dev.simclr.torch.Device;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is trained: encoder f and projection head g. In a checkpoint their names have a prefix. */
final class SimClrModel implements AutoCloseable {
  private static final String ENCODER = "encoder.";
  private static final String HEAD = "head.";

  private final ResNet encoder;
  private final ProjectionHead head;

  private SimClrModel(ResNet encoder, ProjectionHead head) {
    this.encoder = encoder;
    this.head = head;
  }

  /** Builds the network with the initial weights of the seed. */
  static SimClrModel create(PretrainConfig config, Device device) {
    long seed = config.train().seed();
    EncoderConfig encoderConfig = EncoderConfig.of(config);
    List<Module> parts = new ArrayList<>();
    try {
      ResNet encoder = encoderConfig.network(seed);
      parts.add(encoder);
      HeadConfig h = config.head();
      ProjectionHead head =
          ProjectionHead.builder(encoder.featureDim())
              .layers(h.layers())
              .hidden(h.hidden())
              .out(h.out())
              .batchNorm(h.batchNorm())
              .lastBatchNorm(h.lastBatchNorm())
              .variant(encoderConfig.variant())
              .initialWeights(encoderConfig.initialWeights())
              .seed(seed)
              .build();
      parts.add(head);
      for (Module part : parts) {
        part.to(device);
        // Convolutions on CPUs and tensor cores want channels last; a weight in another layout
        // would be reordered in every step.
        part.to(MemoryFormat.CHANNELS_LAST);
      }
      return new SimClrModel(encoder, head);
    } catch (RuntimeException | Error e) {
      parts.forEach(Module::close);
      throw e;
    }
  }

  ResNet encoder() {
    return encoder;
  }

  ProjectionHead head() {
    return head;
  }

  /**
   * Encodes and projects.
   *
   * @param views {@code [2N, 3, H, W]}
   * @return {@code [2N, D]}, owned by the innermost scope
   */
  Tensor forward(Tensor views) {
    try (var scope = TensorScope.open()) {
      return scope.keep(head.forward(encoder.forward(views)));
    }
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
   * @param source an encoder in safetensors, or a run folder with encoder and head
   * @throws dev.simclr.checkpoint.CheckpointException naming what is missing, too much or of
   *     another shape
   */
  void initFrom(Path source) {
    if (Files.isDirectory(source)) {
      load(source.resolve("model.safetensors"), encoder.state());
      load(source.resolve("head.safetensors"), head.state());
    } else {
      load(source, encoder.state());
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
      reader.readAll(into, ResNet.CLASSIFIER);
    }
  }

  @Override
  public void close() {
    encoder.close();
    head.close();
  }
}
