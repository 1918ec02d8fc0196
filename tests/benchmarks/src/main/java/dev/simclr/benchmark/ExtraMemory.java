package dev.simclr.benchmark;

import dev.simclr.torch.Cuda;
import dev.simclr.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The most memory that is taken beyond what there is when counting begins: resident memory of the
 * process on the CPU, tensors on a GPU.
 */
final class ExtraMemory {
  private static final double MEBIBYTE = 1 << 20;

  private final Device device;
  private final double before;

  private ExtraMemory(Device device, double before) {
    this.device = device;
    this.before = before;
  }

  /** Starts to count. */
  static ExtraMemory count(Device device) throws IOException {
    if (device.isCuda()) {
      Cuda.resetPeakMemory(device);
      return new ExtraMemory(device, Cuda.memoryStatistics(device).allocated() / MEBIBYTE);
    }
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    return new ExtraMemory(device, status("VmRSS"));
  }

  /** Returns the most that was taken so far, in MiB. */
  double mebibytes() throws IOException {
    double peak =
        device.isCuda()
            ? Cuda.memoryStatistics(device).allocatedPeak() / MEBIBYTE
            : status("VmHWM");
    return peak - before;
  }

  /** Returns a line of /proc/self/status, in MiB. */
  private static double status(String name) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(l -> l.startsWith(name)).findFirst().orElseThrow();
      return Double.parseDouble(line.split("\\s+")[1]) / 1024;
    }
  }
}
