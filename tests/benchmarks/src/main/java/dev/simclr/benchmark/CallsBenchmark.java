package dev.simclr.benchmark;

import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Init;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import dev.simclr.torch.internal.ffm.Sct;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a call costs that has hardly anything to compute. The peers are tests/peers/calls.py,
 * tests/peers/javacpp and tests/peers/djl.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CallsBenchmark {
  private static final int SCOPE = 100;
  private static final int WIDTH = 16;
  private static final double RATE = 1e-3;

  private TensorScope all;
  private Tensor a;
  private Tensor b;
  private Tensor image;
  private Tensor x;
  private Tensor y;
  private Tensor weight;

  /** Makes the tensors, and checks that a sum is right. */
  @Setup
  public void open() {
    Torch.setNumThreads(1);
    all = TensorScope.open();
    a = Tensor.ones(DType.FLOAT32, 4);
    b = Tensor.ones(DType.FLOAT32, 4);
    image = Tensor.ones(DType.FLOAT32, 2, 3, 4, 5);
    x = uniform(1);
    y = uniform(2);
    weight = uniform(3).requiresGrad(true);
    if (a.add(b).sum().item() != 8) {
      throw new IllegalStateException("1 + 1 is not 2");
    }
    report();
  }

  /** Two steps from ones for x and for the weight, and zeros for y: the gradient is 2 w. */
  private void report() {
    Tensor[] drawn = {x, y, weight};
    try (var _ = TensorScope.open()) {
      x = Tensor.ones(DType.FLOAT32, WIDTH, WIDTH);
      y = Tensor.zeros(DType.FLOAT32, WIDTH, WIDTH);
      weight = Tensor.ones(DType.FLOAT32, WIDTH, WIDTH).requiresGrad(true);
      step();
      step();
      Report.ofTorch(a.dtype(), a.device())
          .result("weight after two steps", weight.detach().mean().item())
          .write();
    }
    x = drawn[0];
    y = drawn[1];
    weight = drawn[2];
  }

  private static Tensor uniform(long seed) {
    return Init.uniform_(Tensor.empty(DType.FLOAT32, WIDTH, WIDTH), 0, 1, seed);
  }

  /** A native call that returns a constant, without anything around it. */
  @Benchmark
  public int empty() {
    return Sct.sct_abi_version();
  }

  /** A call that does nothing but read a thread's flag. */
  @Benchmark
  public boolean flag() {
    return GradMode.isEnabled();
  }

  /** Sum of two tensors of 4 floats, freed. */
  @Benchmark
  public void add() {
    a.add(b).close();
  }

  /** The sizes of a tensor as an array. */
  @Benchmark
  public long[] shape() {
    return image.shape();
  }

  /** A tensor of 4 floats, made and freed. */
  @Benchmark
  public void create() {
    Tensor.empty(DType.FLOAT32, 4).close();
  }

  /** 100 sums that are freed together. */
  @Benchmark
  public void scope() {
    try (var _ = TensorScope.open()) {
      for (int i = 0; i < SCOPE; i++) {
        a.add(b);
      }
    }
  }

  /** A step of linear regression by gradient descent, 16 x 16. */
  @Benchmark
  public void step() {
    try (var _ = TensorScope.open()) {
      x.mm(weight).sub(y).square().mean().backward();
      try (var _ = GradMode.noGrad()) {
        Tensor gradient = weight.grad().orElseThrow();
        weight.sub_(gradient, RATE);
        gradient.zero_();
      }
    }
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    all.close();
  }
}
