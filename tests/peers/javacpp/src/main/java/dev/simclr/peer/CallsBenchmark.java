package dev.simclr.peer;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The calls of dev.simclr.benchmark.CallsBenchmark through JavaCPP, each in the way that is
 * quickest there: results are closed by hand, or together by a PointerScope.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CallsBenchmark {
  private static final int SCOPE = 100;
  private static final int WIDTH = 16;

  private Tensor a;
  private Tensor b;
  private Tensor image;
  private Tensor x;
  private Tensor y;
  private Tensor weight;
  private final Scalar rate = new Scalar(1e-3);

  /** Makes the tensors, and checks that a sum is right. */
  @Setup
  public void open() throws IOException {
    torch.set_num_threads(1);
    report();
    torch.manual_seed(1);
    a = torch.ones(4);
    b = torch.ones(4);
    image = torch.ones(2, 3, 4, 5);
    x = torch.rand(WIDTH, WIDTH);
    y = torch.rand(WIDTH, WIDTH);
    weight = torch.rand(WIDTH, WIDTH);
    weight.set_requires_grad(true);
    try (Tensor sum = a.add(b).sum()) {
      if (sum.item_float() != 8) {
        throw new IllegalStateException("1 + 1 is not 2");
      }
    }
  }

  /** Two steps from ones for x and for the weight, and zeros for y: the gradient is 2 w. */
  private void report() throws IOException {
    x = torch.ones(WIDTH, WIDTH);
    y = torch.zeros(WIDTH, WIDTH);
    weight = torch.ones(WIDTH, WIDTH);
    weight.set_requires_grad(true);
    step();
    step();
    ScalarType type = x.scalar_type().intern();
    try (PointerScope scope = new PointerScope()) {
      // 128 x 128, with a bit that TF32 and bfloat16 have no room for.
      Tensor wide = torch.full(new long[] {128, 128}, new Scalar(1 + 0x1p-12f));
      Report.write(
          type == ScalarType.Float ? "float32" : type.toString(),
          torch.get_num_threads(),
          wide.mm(torch.eye(128)).equal(wide),
          Loader.getVersion("org.bytedeco", "pytorch").split("-")[0],
          weight.detach().mean().item_float());
    }
  }

  /** A native method that returns a constant. */
  @Benchmark
  public int empty() {
    return Empty.call();
  }

  /** A call that does nothing but read a thread's flag. */
  @Benchmark
  public boolean flag() {
    return GradMode.is_enabled();
  }

  /** Sum of two tensors of 4 floats, freed. */
  @Benchmark
  public void add() {
    a.add(b).close();
  }

  /** The sizes of a tensor as an array. */
  @Benchmark
  public long[] shape() {
    long[] sizes = new long[4];
    image.sizes().data().get(sizes);
    return sizes;
  }

  /** A tensor of 4 floats, made and freed. */
  @Benchmark
  public void create() {
    torch.empty(4).close();
  }

  /** 100 sums that are freed together. */
  @Benchmark
  public void scope() {
    try (PointerScope scope = new PointerScope()) {
      for (int i = 0; i < SCOPE; i++) {
        a.add(b);
      }
    }
  }

  /** A step of linear regression by gradient descent, 16 x 16. */
  @Benchmark
  public void step() {
    try (PointerScope scope = new PointerScope()) {
      Tensor loss = x.mm(weight).sub(y).square().mean();
      loss.backward();
      boolean recording = GradMode.is_enabled();
      GradMode.set_enabled(false);
      Tensor gradient = weight.grad();
      weight.sub_(gradient, rate);
      gradient.zero_();
      GradMode.set_enabled(recording);
    }
  }
}
