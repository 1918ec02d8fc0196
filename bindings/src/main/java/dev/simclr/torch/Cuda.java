package dev.simclr.torch;

import dev.simclr.torch.internal.SctContext;
import dev.simclr.torch.internal.SctCuda;

/**
 * NVIDIA GPUs. Without a CUDA libtorch, its part of this library or a driver, the questions about
 * availability answer no, and everything else is a {@link TorchException} of kind UNSUPPORTED.
 */
public final class Cuda {

  private Cuda() {}

  /** Returns whether tensors can be on a GPU. */
  public static boolean isAvailable() {
    return SctCuda.isAvailable();
  }

  /** Returns the number of GPUs, 0 without CUDA. */
  public static int deviceCount() {
    return SctCuda.deviceCount();
  }

  /** Returns whether this library's own CUDA code is loaded. */
  public static boolean isLoaded() {
    return SctCuda.isLoaded();
  }

  /** Returns name and abilities of a GPU. */
  public static CudaDeviceInfo describe(Device device) {
    return SctCuda.describe(ordinal(device));
  }

  /** Makes a GPU the current one of this thread. */
  public static void setDevice(Device device) {
    SctCuda.setDevice(ordinal(device));
  }

  /** Waits for all work on a GPU. */
  public static void synchronize(Device device) {
    SctCuda.synchronize(ordinal(device));
  }

  /** Returns how the memory of a GPU is used. */
  public static CudaMemoryStats memoryStatistics(Device device) {
    return SctCuda.memoryStatistics(ordinal(device));
  }

  /** Starts counting the peaks of a GPU's memory anew. */
  public static void resetPeakMemory(Device device) {
    SctCuda.resetPeakMemory(ordinal(device));
  }

  /** Gives cached memory of all GPUs that no tensor uses back to the driver. */
  public static void emptyCache() {
    SctCuda.emptyCache();
  }

  /**
   * Limits this process to a share of a GPU's memory.
   *
   * @throws IllegalArgumentException unless the share is above 0 and at most 1
   */
  public static void setMemoryFraction(Device device, double fraction) {
    if (!(fraction > 0 && fraction <= 1)) {
      throw new IllegalArgumentException(
          "fraction: " + fraction + ", must be above 0 and at most 1");
    }
    SctCuda.setMemoryFraction(ordinal(device), fraction);
  }

  /** Sets whether CUDA may multiply FLOAT32 in TF32, with 10 bits of mantissa. */
  public static void setAllowTf32(boolean allowed) {
    SctContext.setAllowTf32(allowed);
  }

  /** Sets whether cuDNN measures convolution algorithms and keeps the fastest. */
  public static void setCudnnBenchmark(boolean enabled) {
    SctContext.setCudnnBenchmark(enabled);
  }

  static int ordinal(Device device) {
    if (!device.isCuda()) {
      throw new IllegalArgumentException("device: " + device + ", must be a CUDA device");
    }
    return device.index();
  }
}
