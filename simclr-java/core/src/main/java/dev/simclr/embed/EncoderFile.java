package dev.simclr.embed;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.model.Module;
import dev.simclr.torch.Device;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.EncoderWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The weights of an encoder on disk.
 *
 * @param path a safetensors file
 */
record EncoderFile(Path path) {
  private static final String IN_RUN_FOLDER = "model.safetensors";

  /**
   * Finds the file.
   *
   * @param place the file, or the folder of a finished run
   * @throws CheckpointException if it is not there
   */
  static EncoderFile find(Path place) {
    if (Files.isDirectory(place)) {
      Path file = place.resolve(IN_RUN_FOLDER);
      if (!Files.exists(file)) {
        throw new CheckpointException(
            "folder "
                + place
                + " has no "
                + IN_RUN_FOLDER
                + ", which a run writes when it is finished");
      }
      return new EncoderFile(file);
    }
    if (!Files.exists(place)) {
      throw new CheckpointException("there is no encoder file or run folder " + place);
    }
    return new EncoderFile(place);
  }

  /** Returns whether the file says what network it is for. */
  boolean isDescribed() {
    try (SafetensorsReader reader = SafetensorsReader.open(path)) {
      return EncoderConfig.isIn(reader.metadata());
    }
  }

  /** Returns whether the file is of a network of a caller's own, which a run wrote. */
  boolean isOfOwnNetwork() {
    try (SafetensorsReader reader = SafetensorsReader.open(path)) {
      return EncoderConfig.isOfOwnNetwork(reader.metadata());
    }
  }

  /**
   * Reads what the file says about the encoder.
   *
   * @throws CheckpointException naming the file and what is missing or wrong
   */
  EncoderConfig config() {
    try (SafetensorsReader reader = SafetensorsReader.open(path)) {
      return EncoderConfig.of(reader.metadata(), path.toString());
    }
  }

  /**
   * Loads the network, in evaluation mode and channels-last, on the calling thread.
   *
   * @param made makes the network, on the CPU
   * @throws CheckpointException naming the file and what does not fit the architecture
   */
  <M extends Module> M load(Supplier<M> made, Device device) {
    M network = made.get();
    try {
      new EncoderWeights(path).loadInto(network);
      network.to(device);
      network.to(MemoryFormat.CHANNELS_LAST);
      network.eval();
      return network;
    } catch (RuntimeException | Error e) {
      network.close();
      throw e;
    }
  }

  /**
   * Reads how images are prepared, and nothing about the architecture.
   *
   * @throws CheckpointException naming the file and what is missing or wrong
   */
  EncoderConfig views() {
    try (SafetensorsReader reader = SafetensorsReader.open(path)) {
      return EncoderConfig.ofViews(reader.metadata(), path.toString());
    }
  }

  /** Returns the configuration that was given, or else the file's own. */
  EncoderConfig config(Optional<EncoderConfig> given) {
    return given.orElseGet(this::config);
  }
}
