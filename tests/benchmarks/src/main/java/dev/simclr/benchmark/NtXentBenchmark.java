package dev.simclr.benchmark;

import dev.simclr.loss.NtXent;
import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Forward and backward of NT-Xent of embeddings of length 128, and what memory that takes. The peer
 * is tests/peers/nt_xent.py.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class NtXentBenchmark {
  private static final int COLUMNS = 128;

  /** Rows, 2N. */
  @Param({"1024", "4096", "8192"})
  public int rows;

  /** Of the embeddings. */
  @Param({"float32"})
  public String dtype;

  private TensorScope scope;
  private Tensor z;
  private double extra;

  /** A counter that says the same in each iteration. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Memory {
    /** How far the resident memory rose in the first run, in MiB. */
    public double mebibytes;
  }

  /** Makes the embeddings, runs once, and reports what came out. */
  @Setup
  public void open() throws IOException {
    scope = TensorScope.open();
    z = embeddings(64);
    step(); // code is loaded before any memory is counted
    step();
    z = embeddings(rows);
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    double before = status("VmRSS");
    double loss = step();
    extra = status("VmHWM") - before;
    try (var _ = TensorScope.open()) {
      Report.ofTorch(z.dtype())
          .result("loss", loss)
          .result("norm of the gradient", FormulaInputs.norm(z.grad().orElseThrow()))
          .write();
    }
  }

  private Tensor embeddings(int count) {
    DType type = DType.valueOf(dtype.toUpperCase(Locale.ROOT));
    Tensor values = FormulaInputs.signed("embeddings", 1, count, COLUMNS);
    return values.to(type).detach().requiresGrad(true);
  }

  /** Returns a line of /proc/self/status, in MiB. */
  private static double status(String name) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(l -> l.startsWith(name)).findFirst().orElseThrow();
      return Double.parseDouble(line.split("\\s+")[1]) / 1024;
    }
  }

  private double step() {
    try (var _ = TensorScope.open()) {
      z.zeroGrad();
      Tensor loss = new NtXent(0.5).forward(z).loss();
      loss.backward();
      return loss.item();
    }
  }

  /** One forward and backward pass. */
  @Benchmark
  public double step(Memory memory) {
    memory.mebibytes = extra;
    return step();
  }

  /** Frees the embeddings. */
  @TearDown
  public void close() {
    scope.close();
  }
}
