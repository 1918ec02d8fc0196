package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.model.Module;
import dev.simclr.model.Parameter;
import dev.simclr.model.ProjectionHead;
import dev.simclr.model.ResNet;
import dev.simclr.model.Stem;
import dev.simclr.model.Variant;
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
import java.util.Set;
import java.util.TreeSet;

/** What is trained: encoder f and projection head g. In a checkpoint their names have a prefix. */
final class SimClrModel implements AutoCloseable {
  private static final String ENCODER = "encoder.";
  private static final String HEAD = "head.";
  // Google's and PyTorch's checkpoints of a whole classifier have a last layer that h does not
  // need.
  private static final Set<String> CLASSIFIER = Set.of("fc.weight", "fc.bias");

  private final ResNet encoder;
  private final ProjectionHead head;

  private SimClrModel(ResNet encoder, ProjectionHead head) {
    this.encoder = encoder;
    this.head = head;
  }

  /** Builds the network with the initial weights of the seed. */
  static SimClrModel create(PretrainConfig config, Device device) {
    ModelConfig model = config.model();
    long seed = config.train().seed();
    Variant variant =
        switch (model.variant()) {
          case TORCHVISION -> Variant.TORCHVISION;
          case GOOGLE -> Variant.GOOGLE;
        };
    ResNet encoder =
        ResNet.builder()
            .depth(depth(model.encoder()))
            .width(model.width())
            .stem(stem(config))
            .variant(variant)
            .zeroGamma(model.zeroGamma())
            .seed(seed)
            .build();
    HeadConfig h = config.head();
    ProjectionHead head =
        ProjectionHead.builder(encoder.featureDim())
            .layers(h.layers())
            .hidden(h.hidden())
            .out(h.out())
            .batchNorm(h.batchNorm())
            .lastBatchNorm(h.lastBatchNorm())
            .variant(variant)
            .seed(seed)
            .build();
    for (Module part : List.of(encoder, head)) {
      part.to(device);
      // Convolutions on CPUs and tensor cores want channels last; a weight in another layout would
      // be reordered in every step.
      part.to(MemoryFormat.CHANNELS_LAST);
    }
    return new SimClrModel(encoder, head);
  }

  private static int depth(ModelConfig.Architecture architecture) {
    return switch (architecture) {
      case RESNET18 -> 18;
      case RESNET34 -> 34;
      case RESNET50 -> 50;
    };
  }

  private static Stem stem(PretrainConfig config) {
    return switch (config.model().stem()) {
      case CIFAR -> Stem.CIFAR;
      case IMAGENET -> Stem.IMAGENET;
      case AUTO -> config.data().imageSize() <= 32 ? Stem.CIFAR : Stem.IMAGENET;
    };
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
   * @throws CheckpointException naming what is missing, too much or of another shape
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
   * @throws CheckpointException naming what is missing, too much or of another shape
   */
  static void load(Path file, Map<String, Tensor> into) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      Set<String> missing = new TreeSet<>(into.keySet());
      missing.removeAll(reader.names());
      Set<String> unknown = new TreeSet<>(reader.names());
      unknown.removeAll(into.keySet());
      unknown.removeAll(CLASSIFIER);
      if (!missing.isEmpty() || !unknown.isEmpty()) {
        throw new CheckpointException(
            file
                + " is of another network: "
                + describe(missing, "it lacks ")
                + (missing.isEmpty() || unknown.isEmpty() ? "" : ", ")
                + describe(unknown, "it has "));
      }
      into.forEach(reader::readInto);
    }
  }

  private static String describe(Set<String> names, String what) {
    if (names.isEmpty()) {
      return "";
    }
    String first = names.iterator().next();
    return what + first + (names.size() == 1 ? "" : " and " + (names.size() - 1) + " more");
  }

  @Override
  public void close() {
    encoder.close();
    head.close();
  }
}
