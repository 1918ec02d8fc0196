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
 * A 3 x 3 convolution of the slim ResNet-18, forward and backward: 512 x 16 x 32 x 32 in
 * channels-last memory, to 16 channels with stride 1 or to 32 with stride 2. The peer is
 * tests/peers/conv3x3.py.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class Conv3x3Benchmark {
  private static final int CHANNELS = 16;
  private static final int SIZE = 32;
  private static final long CACHE = 1L << 30;

  /** Type of the activations, and of the weight that is multiplied. */
  @Param({"float32", "bfloat16"})
  public String dtype;

  /** Steps between the pixels of the output, which also has so many times the channels. */
  @Param({"1", "2"})
  public int stride;

  /** Compute threads. */
  @Param({"2"})
  public int threads;

  private TensorScope scope;
  private Tensor x;
  private Tensor weight;
  private Tensor gradient;

  /** Makes a batch, compares the output with that in double precision, and reports norms. */
  @Setup
  public void open() {
    CpuAllocator.enable(CACHE);
    Torch.setNumThreads(threads);
    scope = TensorScope.open();
    x = FormulaInputs.images("x", dtype, 512, CHANNELS, SIZE).requiresGrad(true);
    weight =
        FormulaInputs.images("weight", dtype, stride * CHANNELS, CHANNELS, 3).requiresGrad(true);
    gradient = FormulaInputs.images("gradient", dtype, 512, stride * CHANNELS, SIZE / stride);
    check();
    report();
  }

  private void check() {
    try (var _ = TensorScope.open()) {
      Tensor exact = convolve(x.detach().to(DType.FLOAT64), weight.detach().to(DType.FLOAT64));
      double worst = forward().detach().to(DType.FLOAT64).sub(exact).abs().max().item();
      if (!(worst < (x.dtype() == DType.FLOAT32 ? 1e-4 : 0.2))) {
        throw new IllegalStateException("the result is off by " + worst);
      }
    }
  }

  private void report() {
    try (var _ = TensorScope.open()) {
      Tensor y = forward();
      y.backward(gradient);
      Report.ofTorch(y.dtype(), y.device())
          .result("norm of the output", FormulaInputs.norm(y))
          .result("norm of the input's gradient", FormulaInputs.norm(x.grad().orElseThrow()))
          .result("norm of the weight's gradient", FormulaInputs.norm(weight.grad().orElseThrow()))
          .write();
    }
  }

  private Tensor forward() {
    return convolve(x, weight);
  }

  private Tensor convolve(Tensor images, Tensor kernel) {
    return Nn.conv2d(images, kernel, Optional.empty(), stride, 1, 1, 1);
  }

  /** Forward and backward. */
  @Benchmark
  public void step() {
    try (var _ = TensorScope.open()) {
      x.zeroGrad();
      weight.zeroGrad();
      forward().backward(gradient);
    }
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    scope.close();
    CpuAllocator.disable();
  }
}
