package dev.simclr.cli;

import dev.simclr.data.Datasets;
import dev.simclr.torch.Cuda;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import dev.simclr.torch.TorchException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Reports everything that a run depends on, and tries it. */
@Command(
    name = "doctor",
    description =
        "Reports versions, libraries, processor, GPU, memory and caches, and runs a small"
            + " computation; the output belongs in every question about a failure.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  private final PrintStream out = System.out;

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
    fact("java heap", runtime.maxMemory() / (1 << 20) + " MiB at most");
    Path cache = Datasets.defaultCacheDir();
    fact("data cache", cache + room(cache));
    try {
      Torch.load();
    } catch (TorchException e) {
      out.println();
      out.println(e.getMessage());
      return ExitCode.NATIVE.code();
    }
    fact("libtorch", Torch.version());
    for (String line : Torch.buildInfo().lines().toList()) {
      fact("", line);
    }
    fact("processor", Torch.cpu().toString());
    fact("threads", Torch.numThreads() + " for one operator");
    fact("cuda", cuda());
    fact("check", check());
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

  private static String cuda() {
    if (!Torch.cudaAvailable()) {
      return "not available";
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Cuda.deviceCount(); i++) {
      text.append(text.isEmpty() ? "" : "; ").append(Cuda.describe(Device.cuda(i)));
    }
    return text.toString();
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
    out.printf("%-12s %s%n", name, value);
  }
}
