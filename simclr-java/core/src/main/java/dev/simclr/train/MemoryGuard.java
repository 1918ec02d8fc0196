package dev.simclr.train;

import dev.simclr.torch.Cuda;
import dev.simclr.torch.Device;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.OptionalLong;

/** Compares a run's estimated peak with the memory available before it starts. */
final class MemoryGuard {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());

  private MemoryGuard() {}

  /** Returns the bytes that are free where tensors live, or empty where nobody tells. */
  static OptionalLong available(Device device) {
    if (!device.isCuda()) {
      return AvailableMemory.bytes();
    }
    // Without CUDA code of our own a GPU computes all the same, and nobody tells its free memory.
    return Cuda.isLoaded()
        ? OptionalLong.of(Cuda.memoryStatistics(device).deviceFree())
        : OptionalLong.empty();
  }

  /**
   * Refuses or warns of a pretraining, as configured, if the estimate exceeds what is available.
   *
   * @throws InsufficientMemoryException if such a run is to be refused
   */
  static void check(MemoryEstimate estimate, OptionalLong available, TrainConfig train) {
    check(
        estimate.peakBytes(),
        estimate.toString(),
        available,
        "lower train.batch, which is " + train.batch() + ", or encode it in parts with train.chunk",
        train.memoryCheck());
  }

  /**
   * Refuses or warns of the training of a classifier, as configured, if it exceeds what is
   * available.
   *
   * @param batch images of a step
   * @throws InsufficientMemoryException if such a run is to be refused
   */
  static void check(FineTunePlan plan, int batch, TrainConfig machine) {
    check(
        plan.memory().peakBytes(),
        plan.memory().toString(),
        plan.availableMemory(),
        "lower the batch, which is " + batch,
        machine.memoryCheck());
  }

  private static void check(
      long peakBytes,
      String estimate,
      OptionalLong available,
      String remedy,
      TrainConfig.MemoryCheck check) {
    if (available.isEmpty() || peakBytes <= available.getAsLong()) {
      return;
    }
    String message =
        "the run needs about "
            + estimate
            + ", but "
            + String.format(Locale.ROOT, "%,d", MemoryEstimate.mib(available.getAsLong()))
            + " MiB are available; "
            + remedy;
    switch (check) {
      case WARN -> LOG.log(Level.WARNING, message);
      case REFUSE ->
          throw new InsufficientMemoryException(
              message + ", or set train.memory_check=warn", peakBytes, available.getAsLong());
    }
  }
}
