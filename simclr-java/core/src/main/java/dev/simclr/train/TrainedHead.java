package dev.simclr.train;

import dev.simclr.model.ProjectionHead;
import dev.simclr.torch.Device;
import java.nio.file.Path;

/** Loads the projection head that a run has trained. */
public final class TrainedHead {
  private TrainedHead() {}

  /**
   * Loads a head, in evaluation mode.
   *
   * @param file {@code head.safetensors} of a finished run
   * @param config the head, as the run's configuration has it
   * @param encoder the encoder that it was trained with
   * @param featureDim size of h
   * @param device where it is wanted
   * @return the head, to be closed
   * @throws dev.simclr.checkpoint.CheckpointException naming the file, if it is missing, damaged or
   *     for another head
   */
  public static ProjectionHead load(
      Path file, HeadConfig config, EncoderConfig encoder, int featureDim, Device device) {
    ProjectionHead head = config.architecture(encoder, featureDim).build();
    try {
      SimClrModel.load(file, head.state());
      head.to(device);
      head.eval();
      return head;
    } catch (RuntimeException | Error e) {
      head.close();
      throw e;
    }
  }
}
