package dev.simclr.benchmark;

import dev.simclr.torch.CpuAllocator;
import dev.simclr.torch.DType;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
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
 * Batch norm, the shortcut's sum where there is one, and ReLU: forward and backward of one batch of
 * the slim ResNet-18, 512 x 16 x 32 x 32 in channels-last memory. The peer is
 * tests/peers/batch_norm.py.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class BatchNormBenchmark {
  private static final int CHANNELS = 16;
  private static final long CACHE = 1L << 30;

  /** Type of the activations. */
  @Param({"float32", "bfloat16"})
  public String dtype;

  /** Whether a shortcut is added. */
  @Param({"false", "true"})
  public boolean shortcut;

  /** Whether freed memory of the CPU is kept for the next tensors. */
  @Param({"false", "true"})
  public boolean keep;

  /** Compute threads. */
  @Param({"2"})
  public int threads;

  /** Where the tensors are, {@code cpu} or {@code cuda}. */
  @Param({"cpu"})
  public String device;

  private BenchmarkDevice place;
  private TensorScope scope;
  private Tensor x;
  private Tensor residual;
  private Tensor gradient;
  private Tensor weight;
  private Tensor bias;
  private Tensor mean;
  private Tensor var;

  /** Makes a batch, compares the result with that of single operations, and reports it. */
  @Setup
  public void open() {
    if (keep) {
      CpuAllocator.enable(CACHE);
    }
    Torch.setNumThreads(threads);
    place = BenchmarkDevice.of(device);
    scope = TensorScope.open();
    x = activations("x").requiresGrad(true);
    residual = activations("shortcut").requiresGrad(true);
    gradient = activations("gradient");
    weight = Tensor.ones(DType.FLOAT32, place.device(), CHANNELS).requiresGrad(true);
    bias = Tensor.zeros(DType.FLOAT32, place.device(), CHANNELS).requiresGrad(true);
    mean = Tensor.zeros(DType.FLOAT32, place.device(), CHANNELS);
    var = Tensor.ones(DType.FLOAT32, place.device(), CHANNELS);
    check();
    report();
  }

  private Tensor activations(String name) {
    return place.place(FormulaInputs.images(name, dtype, 512, CHANNELS, 32));
  }

  private void check() {
    try (var _ = TensorScope.open()) {
      Tensor wide = x.detach().to(DType.FLOAT64);
      Tensor none = Tensor.zeros(DType.FLOAT64, place.device(), CHANNELS);
      Tensor expected =
          Nn.batchNorm(wide, Optional.empty(), Optional.empty(), none, none, true, 0.1, 1e-5);
      if (shortcut) {
        expected = expected.add(residual.detach());
      }
      double worst = forward().detach().sub(expected.relu()).abs().max().item();
      if (!(worst < (x.dtype() == DType.FLOAT32 ? 1e-4 : 0.05))) {
        throw new IllegalStateException("the result is off by " + worst);
      }
    }
  }

  private void report() {
    try (var _ = TensorScope.open()) {
      Tensor y = forward();
      y.backward(gradient);
      Report report =
          Report.ofTorch(y.dtype(), y.device())
              .result("norm of the output", FormulaInputs.norm(y))
              .result("norm of the input's gradient", norm(x))
              .result("norm of the scale's gradient", norm(weight))
              .result("norm of the shift's gradient", norm(bias));
      if (shortcut) {
        report.result("norm of the shortcut's gradient", norm(residual));
      }
      report.write();
    }
  }

  private static double norm(Tensor leaf) {
    return FormulaInputs.norm(leaf.grad().orElseThrow());
  }

  private Tensor forward() {
    return Nn.batchNormRelu(
        x,
        shortcut ? Optional.of(residual) : Optional.empty(),
        Optional.of(weight),
        Optional.of(bias),
        mean,
        var,
        true,
        0.1,
        1e-5);
  }

  /** Forward and backward. */
  @Benchmark
  public void step() {
    try (var _ = TensorScope.open()) {
      for (Tensor leaf : new Tensor[] {x, residual, weight, bias}) {
        leaf.zeroGrad();
      }
      forward().backward(gradient);
      place.synchronize();
    }
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    scope.close();
    if (keep) {
      CpuAllocator.disable();
    }
  }
}
