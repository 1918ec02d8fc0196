package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.eval.LinearClassifier;
import dev.simclr.model.Initializer;
import dev.simclr.model.Linear;
import dev.simclr.model.Module;
import dev.simclr.model.Parameter;
import dev.simclr.model.ProjectionHead;
import dev.simclr.model.ResNet;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network that classifies images: an encoder, the first layers of its projection head if any, and
 * a linear layer.
 *
 * <p>In its file the encoder and the linear layer have torchvision's names, the latter {@code
 * fc.weight} and {@code fc.bias}, so that a classifier on h loads into {@code
 * torchvision.models.resnet18} and its like unchanged; the head's names begin with {@code head.}.
 * Used by the thread that computes.
 */
public final class ClassifierModel implements AutoCloseable {
  private static final String HEAD = "head.";
  private static final String LINEAR = "fc.";
  private static final int STAGES = 4;

  private final ClassifierConfig config;
  private final Module encoder;
  private final int featureDim;
  // Whether its layers have no stages that are known here.
  private final boolean users;
  private final Optional<ProjectionHead> head;
  private final Linear linear;

  private ClassifierModel(
      ClassifierConfig config,
      Module encoder,
      int featureDim,
      boolean users,
      Optional<ProjectionHead> head,
      Linear linear) {
    this.config = config;
    this.encoder = encoder;
    this.featureDim = featureDim;
    this.users = users;
    this.head = head;
    this.linear = linear;
  }

  /**
   * Builds a network with random weights and a linear layer of zeros, in training mode.
   *
   * @param seed determines the weights
   * @param device where it is
   */
  public static ClassifierModel create(ClassifierConfig config, long seed, Device device) {
    return create(config, Optional.empty(), seed, device);
  }

  /**
   * The same on a network of the caller's.
   *
   * @param user the encoder, if it is not that of the configuration
   * @throws IllegalArgumentException if names of its tensors are those of the classifier's own
   */
  static ClassifierModel create(
      ClassifierConfig config, Optional<UserEncoder> user, long seed, Device device) {
    List<Module> parts = new ArrayList<>();
    try {
      Module encoder;
      int featureDim;
      if (user.isPresent()) {
        encoder = user.get().network().apply(seed);
        featureDim = user.get().featureDim();
      } else {
        ResNet network = config.encoder().network(seed);
        encoder = network;
        featureDim = network.featureDim();
      }
      parts.add(encoder);
      requireOwnNames(encoder);
      Optional<ProjectionHead> head =
          config.head().map(h -> h.architecture(config.encoder(), featureDim).seed(seed).build());
      head.ifPresent(parts::add);
      Initializer init =
          new Initializer(seed, Initializer.CLASSIFIER, config.encoder().initialWeights());
      int inputs = width(config, featureDim);
      Linear linear = Linear.classifier(inputs, config.classNames().size(), init);
      parts.add(linear);
      try (var _ = GradMode.noGrad()) {
        linear.parameters().forEach(p -> zero(p.tensor()));
      }
      for (Module part : parts) {
        part.to(device);
        part.to(MemoryFormat.CHANNELS_LAST);
      }
      return new ClassifierModel(config, encoder, featureDim, user.isPresent(), head, linear);
    } catch (RuntimeException | Error e) {
      parts.forEach(Module::close);
      throw e;
    }
  }

  /** In a file there is one of each name. */
  private static void requireOwnNames(Module encoder) {
    encoder.state().keySet().stream()
        .filter(name -> name.startsWith(HEAD) || name.startsWith(LINEAR))
        .findFirst()
        .ifPresent(name -> {
          throw new IllegalArgumentException(
              "the encoder has a tensor "
                  + name
                  + "; allowed: names that do not begin with "
                  + HEAD
                  + " or "
                  + LINEAR
                  + ", as those of the classifier do");
        });
  }

  private static void zero(Tensor tensor) {
    try (var _ = TensorScope.open()) {
      tensor.zero_();
    }
  }

  /** Returns how many numbers the linear layer has. */
  static long linearParameters(ClassifierConfig config) {
    return (config.featureDim() + 1L) * config.classNames().size();
  }

  /** Inputs of the linear layer. */
  static int width(ClassifierConfig config, int featureDim) {
    if (config.headLayer() == 0) {
      return featureDim;
    }
    HeadConfig head = config.head().orElseThrow();
    if (config.headLayer() == head.layers()) {
      return head.out();
    }
    return head.hidden() == 0 ? featureDim : head.hidden();
  }

  /**
   * Loads a classifier, in evaluation mode.
   *
   * @param file a file that {@link #save} wrote
   * @param device where it is wanted
   * @throws CheckpointException naming the file, if it is missing, damaged or no classifier
   */
  public static ClassifierModel load(Path file, Device device) {
    return load(file, Optional.empty(), device);
  }

  /**
   * The same on a network of the caller's.
   *
   * @param user the encoder, if it is not the one that the file describes
   */
  public static ClassifierModel load(Path file, Optional<UserEncoder> user, Device device) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      ClassifierConfig config =
          user.isPresent()
              ? ClassifierConfig.ofViews(reader.metadata(), file.toString())
              : ClassifierConfig.of(reader.metadata(), file.toString());
      ClassifierModel model = create(config, user, 0, device);
      try {
        reader.readAll(model.state());
        model.train(false);
        return model;
      } catch (RuntimeException | Error e) {
        model.close();
        throw e;
      }
    }
  }

  /**
   * Writes the network, with all that it takes to use it.
   *
   * @param notes further metadata, such as how it was trained
   * @throws dev.simclr.io.CannotWriteException if the file cannot be written
   */
  public void save(Path file, Map<String, String> notes) {
    Map<String, String> metadata = new LinkedHashMap<>(notes);
    metadata.putAll(users ? config.metadataOfViews() : config.metadata());
    SafetensorsWriter.write(file, state(), metadata);
  }

  /** Returns what the network is. */
  public ClassifierConfig config() {
    return config;
  }

  /**
   * Computes the scores of the classes, logits of their probabilities.
   *
   * @param views {@code [N, 3, S, S]}
   * @return {@code [N, classes]}, owned by the innermost scope
   */
  public Tensor forward(Tensor views) {
    try (var scope = TensorScope.open()) {
      Tensor h = UserEncoder.requireFeatures(encoder.forward(views), featureDim);
      Tensor inputs = head.isPresent() ? head.get().forward(h, config.headLayer()) : h;
      return scope.keep(linear.forward(inputs));
    }
  }

  /**
   * Takes over the weights of an encoder and, where layers of it are kept, of a projection head.
   *
   * @param encoderFile see {@link EncoderWeights}; a linear layer that it has is not taken over
   * @param headFile the head that a run wrote
   * @throws CheckpointException naming what is missing, too much or of another shape
   */
  public void initFrom(Path encoderFile, Optional<Path> headFile) {
    new EncoderWeights(encoderFile).loadInto(encoder);
    head.ifPresent(h ->
        SimClrModel.load(
            headFile.orElseThrow(() ->
                new CheckpointException(
                    "a classifier on head layer "
                        + config.headLayer()
                        + " needs the file of the projection head")),
            h.state()));
  }

  /**
   * Takes over the weights of a linear classifier.
   *
   * @throws IllegalArgumentException if it has other sizes
   */
  public void setLinear(LinearClassifier classifier) {
    Map<String, Tensor> state = linear.state();
    int classes = config.classNames().size();
    long inputs = state.get("weight").size(1);
    if (classifier.classes() != classes || classifier.dim() != inputs) {
      throw new IllegalArgumentException(
          "the linear classifier has "
              + classifier.classes()
              + " classes and "
              + classifier.dim()
              + " inputs; allowed: "
              + classes
              + " and "
              + inputs);
    }
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor weight = state.get("weight");
      weight.copyFrom(Tensor.of(classifier.weight(), classes, inputs).to(weight.dtype()));
      Tensor bias = state.get("bias");
      bias.copyFrom(Tensor.of(classifier.bias(), classes).to(bias.dtype()));
    }
  }

  /** Chooses between training and evaluation mode of batch norm. */
  public void train(boolean mode) {
    trainAfter(mode ? FineTuneConfig.ALL : STAGES);
  }

  /**
   * Chooses training mode for what comes after a block, and evaluation mode for the rest.
   *
   * @param block see {@link FineTuneConfig#fromBlock}
   */
  void trainAfter(int block) {
    encoder.train(name -> after(name, block));
    head.ifPresent(h -> h.train(block < STAGES));
  }

  /**
   * Returns the trainable tensors that come after a block, and switches off the gradients of all
   * others.
   */
  List<Parameter> trainable(int block) {
    List<Parameter> trained = new ArrayList<>();
    for (Parameter p : encoder.parameters()) {
      boolean after = after(p.name(), block);
      p.tensor().requiresGrad(after);
      if (after) {
        trained.add(p);
      }
    }
    head.ifPresent(h -> {
      // Layers that are not kept have no part in the scores, and so no gradient.
      for (Parameter p : h.parameters()) {
        boolean after = isAfterInHead(p.name(), block, config.headLayer());
        p.tensor().requiresGrad(after);
        if (after) {
          trained.add(new Parameter(HEAD + p.name(), p.kind(), p.tensor()));
        }
      }
    });
    linear
        .parameters()
        .forEach(p -> trained.add(new Parameter(LINEAR + p.name(), p.kind(), p.tensor())));
    return trained;
  }

  private boolean after(String name, int block) {
    return users ? block < STAGES : isAfter(name, block);
  }

  /** Whether a tensor or module of a ResNet comes after a block. */
  static boolean isAfter(String name, int block) {
    return blockOf(name) > block;
  }

  /** Whether a tensor of the head comes after a block and is in one of the layers that are kept. */
  static boolean isAfterInHead(String name, int block, int kept) {
    return block < STAGES && layerOf(name) < kept;
  }

  private static int layerOf(String headName) {
    return Integer.parseInt(headName.substring(0, headName.indexOf('.')));
  }

  /** The stage that a tensor or module of the encoder belongs to, 1 to 4; 0 for the stem. */
  private static int blockOf(String name) {
    return name.startsWith("layer") ? name.charAt("layer".length()) - '0' : 0;
  }

  /** Returns all tensors by the names of the file. */
  Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>(encoder.state());
    head.ifPresent(h -> h.state().forEach((name, tensor) -> all.put(HEAD + name, tensor)));
    linear.state().forEach((name, tensor) -> all.put(LINEAR + name, tensor));
    return all;
  }

  @Override
  public void close() {
    encoder.close();
    head.ifPresent(ProjectionHead::close);
    linear.close();
  }
}
