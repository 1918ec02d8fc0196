package dev.simclr.benchmark;

import dev.simclr.loss.NtXent;
import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
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

  /** Where the tensors are, {@code cpu} or {@code cuda}. */
  @Param({"cpu"})
  public String device;

  private BenchmarkDevice place;
  private TensorScope scope;
  private Tensor z;
  private double extra;

  /** A counter that says the same in each iteration. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Memory {
    /** What the first run took, in MiB, see {@link ExtraMemory}. */
    public double mebibytes;
  }

  /** Makes the embeddings, runs once, and reports what came out. */
  @Setup
  public void open() throws IOException {
    place = BenchmarkDevice.of(device);
    scope = TensorScope.open();
    z = embeddings(64);
    step(); // code is loaded before any memory is counted
    step();
    z = embeddings(rows);
    ExtraMemory memory = ExtraMemory.count(place.device());
    double loss = step();
    extra = memory.mebibytes();
    try (var _ = TensorScope.open()) {
      Report.ofTorch(z.dtype(), z.device())
          .result("loss", loss)
          .result("norm of the gradient", FormulaInputs.norm(z.grad().orElseThrow()))
          .write();
    }
  }

  private Tensor embeddings(int count) {
    DType type = DType.valueOf(dtype.toUpperCase(Locale.ROOT));
    Tensor values = FormulaInputs.signed("embeddings", 1, count, COLUMNS);
    return place.place(values.to(type)).detach().requiresGrad(true);
  }

  private double step() {
    try (var _ = TensorScope.open()) {
      z.zeroGrad();
      Tensor loss = new NtXent(0.5).forward(z).loss();
      loss.backward();
      double value = loss.item();
      place.synchronize();
      return value;
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
