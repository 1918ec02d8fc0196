package dev.simclr.benchmark;

import dev.simclr.torch.Cuda;
import dev.simclr.torch.CudaDeviceInfo;
import dev.simclr.torch.Device;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.Torch;
import java.util.Locale;
import java.util.Optional;

/**
 * The device that a benchmark runs on, by its parameter {@code device}: where its tensors are, and
 * what ends a step there. A GPU works on while a call returns, so that without the wait a step's
 * time would be that of handing it over.
 *
 * @param device where tensors are
 */
public record BenchmarkDevice(Device device) {

  /**
   * Finds a device.
   *
   * @param name {@code cpu} or {@code cuda}
   * @throws IllegalArgumentException if it is neither
   * @throws IllegalStateException if it is CUDA, and not there
   */
  public static BenchmarkDevice of(String name) {
    BenchmarkDevice found = new BenchmarkDevice(Device.parse(name));
    if (found.device.isCuda() && missing().isPresent()) {
      throw new IllegalStateException(missing().get());
    }
    return found;
  }

  /** Returns why there is no benchmark on a GPU here, or nothing if there is. */
  static Optional<String> missing() {
    if (!Cuda.isAvailable()) {
      return Optional.of("libtorch " + Torch.version() + " of simclr-java has no CUDA device");
    }
    return Cuda.isLoaded()
        ? Optional.empty()
        : Optional.of("libsimclr_torch_cuda.so of simclr-java is not there");
  }

  /** Returns a tensor's values on this device, owned by the innermost scope. */
  public Tensor place(Tensor tensor) {
    return tensor.to(device);
  }

  /** Waits until all that was begun is done: nothing on the CPU, whose operators return then. */
  public void synchronize() {
    if (device.isCuda()) {
      Cuda.synchronize(device);
    }
  }

  /** Returns {@code cpu}, or what a reader needs to know about the GPU. */
  String describe() {
    if (!device.isCuda()) {
      return name(device);
    }
    CudaDeviceInfo info = Cuda.describe(device);
    return String.format(
        Locale.ROOT,
        "%s, %d MiB, compute capability %d.%d",
        info.name(),
        info.totalMemoryBytes() >> 20,
        info.computeMajor(),
        info.computeMinor());
  }

  /** Returns the kind of a device, as reports and peers call it. */
  static String name(Device device) {
    return device.kind().name().toLowerCase(Locale.ROOT);
  }
}
