package dev.simclr.cli;

import dev.simclr.model.ProjectionHead;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.HeadConfig;
import dev.simclr.train.TrainedHead;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A place between encoder and loss where features are taken.
 *
 * @param option what named it, for messages
 * @param layers layers of the projection head before it, 0 for the encoder's output; absent for all
 */
record HeadLayer(String option, OptionalInt layers) {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,4}");
  private static final String FILE = "head.safetensors";

  /**
   * Reads {@code h}, {@code z} or a number.
   *
   * @throws ConfigException if it is anything else
   */
  static HeadLayer parse(String option, String text) {
    return switch (text) {
      case "h" -> new HeadLayer(option, OptionalInt.of(0));
      case "z" -> new HeadLayer(option, OptionalInt.empty());
      default -> {
        if (!NUMBER.matcher(text).matches()) {
          throw new ConfigException(
              option + " is " + text + "; allowed: h, z, or a number of layers of the head");
        }
        yield new HeadLayer(option, OptionalInt.of(Integer.parseInt(text)));
      }
    };
  }

  /** Whether it is the encoder's output. */
  boolean isEncoder() {
    return layers.isPresent() && layers.getAsInt() == 0;
  }

  /** Returns the number of layers in a head. */
  int count(HeadConfig head) {
    return layers.orElse(head.layers());
  }

  /**
   * Checks that the head has the layer and is there, if one is needed.
   *
   * @throws ConfigException if the head has fewer layers, or the encoder is no run folder
   * @throws dev.simclr.checkpoint.CheckpointException if the run has no head
   */
  void requireHead(EncoderArguments.Resolved resolved) {
    if (isEncoder()) {
      return;
    }
    HeadConfig head = resolved.config().head();
    if (count(head) > head.layers()) {
      throw new ConfigException(
          option
              + " is "
              + count(head)
              + "; allowed: 0 to "
              + head.layers()
              + ", the layers of the projection head");
    }
    file(resolved);
  }

  /**
   * Returns the file of the head.
   *
   * @throws ConfigException if the encoder is no run folder
   * @throws dev.simclr.checkpoint.CheckpointException if the run has no head
   */
  Path file(EncoderArguments.Resolved resolved) {
    if (!Files.isDirectory(resolved.place())) {
      throw new ConfigException(
          option
              + " needs a projection head, so ENCODER must be a run folder, not "
              + resolved.place());
    }
    Path file = resolved.place().resolve(FILE);
    if (!Files.exists(file)) {
      throw new dev.simclr.checkpoint.CheckpointException(
          "folder " + resolved.place() + " has no " + FILE + ", the projection head");
    }
    return file;
  }

  /** Converts features h, owned by the innermost scope as the result is. */
  LabelledFeatures apply(EncoderArguments.Resolved resolved, LabelledFeatures h) {
    if (isEncoder()) {
      return h;
    }
    HeadConfig config = resolved.config().head();
    int dim = Math.toIntExact(h.train().size(1));
    try (var scope = TensorScope.open();
        var _ = GradMode.noGrad();
        ProjectionHead head =
            TrainedHead.load(file(resolved), config, resolved.encoder(), dim, h.train().device())) {
      Tensor train = scope.keep(head.forward(h.train(), count(config)));
      Tensor test = scope.keep(head.forward(h.test(), count(config)));
      return new LabelledFeatures(train, h.trainLabels(), test, h.testLabels(), h.classes());
    }
  }
}
