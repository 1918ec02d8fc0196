package dev.simclr.model;

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
}
