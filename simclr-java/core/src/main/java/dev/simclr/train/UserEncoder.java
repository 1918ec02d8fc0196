package dev.simclr.train;

import dev.simclr.model.Module;
import dev.simclr.torch.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongFunction;

/**
 * An encoder that is not one of the library's. It takes float32 views {@code [N, 3, H, W]},
 * channels-last, and gives {@code [N, featureDim]}.
 *
 * @param featureDim width of h
 * @param network makes the network, on the CPU in float32, from the run's seed; called on the
 *     thread that computes, and what it returns belongs to the run
 */
public record UserEncoder(int featureDim, LongFunction<? extends Module> network) {
  /**
   * Refuses a width that no features have.
   *
   * @throws IllegalArgumentException if {@code featureDim} is less than 1
   */
  public UserEncoder {
    if (featureDim < 1) {
      throw new IllegalArgumentException("featureDim is " + featureDim + "; allowed: at least 1");
    }
    Objects.requireNonNull(network, "network");
  }

  /**
   * Checks what an encoder gives.
   *
   * @param h what it gave
   * @param featureDim what was promised
   * @return h
   * @throws IllegalArgumentException if it is not {@code [N, featureDim]}
   */
  public static Tensor requireFeatures(Tensor h, int featureDim) {
    if (h.dim() != 2 || h.size(1) != featureDim) {
      throw new IllegalArgumentException(
          "the encoder gives "
              + Arrays.toString(h.shape())
              + "; allowed: [N, "
              + featureDim
              + "], as featureDim says");
    }
    return h;
  }
}
