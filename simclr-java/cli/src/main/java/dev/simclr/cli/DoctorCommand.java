package dev.simclr.cli;

import dev.simclr.data.Datasets;
import dev.simclr.data.JpegDecoders;
import dev.simclr.torch.CpuCapability;
import dev.simclr.torch.Cuda;
import dev.simclr.torch.CudaDeviceInfo;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Jpeg;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import dev.simclr.torch.TorchException;
import dev.simclr.train.AvailableMemory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Reports everything that a run depends on, and tries it. */
@Command(
    name = "doctor",
    description = {
      "Reports what a run depends on, and tries it.",
      "Versions, libraries, processor, GPU, memory and caches, and a small computation; the output"
          + " belongs in every question about a failure."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  private final PrintStream out = System.out;

  @Option(
      names = "--verbose",
      description = "Also print where the libraries were found and how they were built.")
  private boolean verbose;

  @Override
  public Integer call() throws IOException {
    fact("simclr", VersionReport.version());
    fact("java", Runtime.version() + ", " + System.getProperty("java.vendor"));
    fact(
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    Runtime runtime = Runtime.getRuntime();
    fact("processors", runtime.availableProcessors() + " available");
    AvailableMemory.bytes()
        .ifPresent(bytes -> fact("memory", bytes / (1 << 20) + " MiB available"));
    fact("java heap", runtime.maxMemory() / (1 << 20) + " MiB at most");
    Path cache = Datasets.defaultCacheDir();
    fact("data cache", cache + room(cache));
    fact("jpeg", "decoded by " + JpegDecoders.describe());
    try {
      Torch.load();
    } catch (TorchException e) {
      out.println();
      out.println(e.getMessage());
      return ExitCode.NATIVE.code();
    }
    List<String> build = Torch.buildInfo().lines().toList();
    fact("libtorch", Torch.version());
    fact("", build.getFirst());
    fact("processor", processor(Torch.cpu()));
    fact("threads", Torch.numThreads() + " for one operator");
    fact("cuda", cuda());
    fact("check", check());
    if (verbose) {
      fact("search", "");
      Torch.loadTrace().lines().forEach(line -> fact("", line));
      Jpeg.loadTrace().lines().forEach(line -> fact("", line));
      fact("build", "");
      build.stream().skip(1).forEach(line -> fact("", line));
    }
    return ExitCode.OK.code();
  }

  private static String room(Path folder) throws IOException {
    Path existing = folder;
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    FileStore store = Files.getFileStore(existing);
    return ", " + store.getUsableSpace() / (1 << 30) + " GiB free";
  }

  private static String processor(CpuCapability cpu) {
    StringJoiner has = new StringJoiner(", ");
    add(has, cpu.avx2(), "AVX2");
    add(has, cpu.avx512(), "AVX-512");
    add(has, cpu.avx512Vbmi(), "AVX-512 VBMI");
    add(has, cpu.avx512Vnni(), "AVX-512 VNNI");
    add(has, cpu.avx512Bf16(), "AVX-512 BF16");
    add(has, cpu.amxBf16(), "AMX BF16");
    String precision = cpu.fastBfloat16() ? "bf16" : "float32";
    return (has.length() == 0 ? "no vector instructions that kernels choose by" : has)
        + "; precision auto means "
        + precision
        + " on it; libtorch uses its "
        + cpu.libtorchKernels()
        + " kernels";
  }

  private static void add(StringJoiner list, boolean present, String name) {
    if (present) {
      list.add(name);
    }
  }

  private static String cuda() {
    if (!Torch.cudaAvailable()) {
      return "not available";
    }
    if (!Cuda.isLoaded()) {
      return Cuda.deviceCount() + " devices; this build has no CUDA code of its own";
    }
    StringJoiner devices = new StringJoiner("; ");
    for (int i = 0; i < Cuda.deviceCount(); i++) {
      CudaDeviceInfo device = Cuda.describe(Device.cuda(i));
      devices.add(
          device.name()
              + ", "
              + device.totalMemoryBytes() / (1 << 20)
              + " MiB, compute capability "
              + device.computeMajor()
              + "."
              + device.computeMinor());
    }
    return devices.toString();
  }

  /** The gradient of a small product, which passes through every layer down to the kernels. */
  private static String check() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).requiresGrad(true);
      x.mm(Tensor.ones(DType.FLOAT32, 2, 2)).sum().backward();
      float[] gradient = x.grad().orElseThrow().toFloatArray();
      for (float g : gradient) {
        if (g != 2) {
          throw new IllegalStateException("a gradient is " + g + ", expected 2");
        }
      }
      return "a tensor went to libtorch and its gradient came back";
    }
  }

  private void fact(String name, String value) {
    out.println(String.format("%-12s %s", name, value).stripTrailing());
  }
}
