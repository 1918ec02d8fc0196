package dev.simclr.torch;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What {@link LoaderTest} runs in JVMs of its own; each prints what the test looks at. */
final class LoaderScenarios {
  private LoaderScenarios() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "load" -> load();
      case "load-twice" -> {
        load();
        load();
      }
      case "first-scope" -> report(TensorScope::open);
      case "first-uses" -> firstUses();
      case "second-loader" -> secondLoader();
      case "openmp" -> openMp();
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void load() {
    report(Torch::load);
  }

  private static void report(Runnable work) {
    try {
      work.run();
      System.out.println("loaded\n" + Torch.loadTrace());
    } catch (TorchException e) {
      System.out.println(e.kind() + " " + e.getMessage());
    }
  }

  /** What a program may well do first; each in turn, since a class that failed once stays so. */
  private static void firstUses() {
    System.out.println(
        DType.FLOAT32
            + " "
            + Device.CPU
            + " "
            + MemoryFormat.CHANNELS_LAST
            + " "
            + Nn.Reduction.MEAN);
    Map<String, Runnable> uses = new LinkedHashMap<>();
    uses.put("Torch.version", Torch::version);
    uses.put("Torch.cpu", Torch::cpu);
    uses.put("Torch.numThreads", Torch::numThreads);
    uses.put("Torch.cudaAvailable", Torch::cudaAvailable);
    uses.put("Op.find", () -> Op.find("aten::add", "Tensor"));
    uses.put("Autocast.bf16", Autocast::bf16);
    uses.put("GradMode.noGrad", GradMode::noGrad);
    uses.put("CpuAllocator.statistics", CpuAllocator::statistics);
    uses.put("TensorScope.open", TensorScope::open);
    uses.forEach((name, use) -> {
      try {
        use.run();
        System.out.println(name + " worked");
      } catch (TorchException e) {
        System.out.println(name + " " + e.kind());
      }
    });
  }

  private static void secondLoader() throws Exception {
    Torch.load();
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    try (URLClassLoader other =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Class<?> torch = other.loadClass(Torch.class.getName());
      if (torch == Torch.class) {
        throw new IllegalStateException("the class loaders share the class");
      }
      torch.getMethod("load").invoke(null);
      System.out.println("loaded");
    } catch (InvocationTargetException e) {
      System.out.println(e.getCause().getMessage());
    }
    // The first one goes on working.
    System.out.println("handles " + Torch.liveHandles());
  }

  private static void openMp() throws IOException {
    Torch.setNumThreads(2);
    System.out.println("width " + Torch.parallelWidth());
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      lines
          .map(line -> line.split(" +", 6))
          .filter(fields -> fields.length == 6)
          .map(fields -> fields[5])
          .filter(file -> Path.of(file).getFileName() != null)
          .filter(
              file -> Path.of(file).getFileName().toString().matches("lib(gomp|iomp5|omp)\\b.*"))
          .distinct()
          .forEach(file -> System.out.println("mapped " + file));
    }
  }
}
