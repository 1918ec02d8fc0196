package dev.simclr.train;

import dev.simclr.model.Module;
import java.util.Objects;
import java.util.function.LongFunction;

/**
 * An encoder that is not one of the library's.
 *
 * @param featureDim width of h
 * @param network makes the network, on the CPU in float32, from the run's seed; called on the
 *     thread that computes, and what it returns belongs to the run
 */
record UserEncoder(int featureDim, LongFunction<? extends Module> network) {
  UserEncoder {
    if (featureDim < 1) {
      throw new IllegalArgumentException("featureDim is " + featureDim + "; allowed: at least 1");
    }
    Objects.requireNonNull(network, "network");
  }
}
