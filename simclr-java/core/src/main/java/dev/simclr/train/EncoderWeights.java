package dev.simclr.train;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.model.Module;
import dev.simclr.model.ResNet;
import dev.simclr.torch.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Weights of an encoder in safetensors, of a run of this library or of others: torchvision's
 * ResNets and timm's {@code resnet18}, {@code resnet50}, {@code resnet50d} and the like have the
 * same names.
 *
 * <p>What such files have besides is a classifier, {@code fc.weight} and {@code fc.bias}, which is
 * ignored. What some lack are batch norm's counters {@code num_batches_tracked}, which nothing
 * depends on; where a file has none of them they stay as they are. All else must be there, in the
 * shapes of the network, and nothing more. Floating types other than the network's are converted.
 *
 * @param path a file
 */
public record EncoderWeights(Path path) {
  private static final Predicate<String> COUNTER = name -> name.endsWith(".num_batches_tracked");

  /**
   * Overwrites the weights of an encoder.
   *
   * @return the names in the file that were ignored
   * @throws dev.simclr.checkpoint.CheckpointException naming what is missing, too much or of
   *     another shape; then nothing was changed
   */
  public List<String> loadInto(Module encoder) {
    try (SafetensorsReader reader = SafetensorsReader.open(path)) {
      Map<String, Tensor> state = new LinkedHashMap<>(encoder.state());
      if (reader.names().stream().noneMatch(COUNTER)) {
        state.keySet().removeIf(COUNTER);
      }
      List<String> ignored = new ArrayList<>(reader.names());
      ignored.removeAll(state.keySet());
      reader.readAll(state, ResNet.CLASSIFIER);
      return ignored;
    }
  }
}
