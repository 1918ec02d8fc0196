package dev.simclr.model;

import java.util.function.Predicate;

/**
 * The size of a network.
 *
 * @param trainable numbers that are trained
 * @param statistics running means and variances of batch norm
 */
public record NetworkCount(long trainable, long statistics) {

  static NetworkCount of(Module module) {
    long statistics =
        module.namedBuffers().entrySet().stream()
            .filter(buffer -> !buffer.getKey().endsWith("num_batches_tracked"))
            .mapToLong(buffer -> buffer.getValue().numel())
            .sum();
    return new NetworkCount(module.parameterCount(), statistics);
  }

  /** Counts the trainable numbers of the tensors with some names. */
  static long trainable(Module module, Predicate<String> names) {
    return module.parameters().stream()
        .filter(p -> names.test(p.name()))
        .mapToLong(p -> p.tensor().numel())
        .sum();
  }
}
