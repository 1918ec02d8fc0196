package dev.simclr.peer;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Locale;
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
 * The calls of dev.simclr.benchmark.CallsBenchmark through DJL, each in a way that is as quick as
 * any there: results are closed by hand, or together by an NDScope.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CallsBenchmark {
  private static final int SCOPE = 100;
  private static final Shape VECTOR = new Shape(4);
  private static final Shape SQUARE = new Shape(16, 16);
  private static final float RATE = 1e-3f;

  private Engine engine;
  private NDManager all;
  private NDArray a;
  private NDArray b;
  private NDArray image;
  private NDArray x;
  private NDArray y;
  private NDArray weight;

  /** Makes the tensors, and checks that a sum, sizes and a step are right. */
  @Setup
  public void open() throws URISyntaxException {
    engine = Djl.start();
    engine.setRandomSeed(1);
    all = engine.newBaseManager(Device.cpu());
    a = all.ones(VECTOR, DataType.FLOAT32);
    b = all.ones(VECTOR, DataType.FLOAT32);
    image = all.ones(new Shape(2, 3, 4, 5), DataType.FLOAT32);
    try (NDArray sum = a.add(b).sum()) {
      if (sum.getFloat() != 8) {
        throw new IllegalStateException("1 + 1 is not 2");
      }
    }
    long[] sizes = {2, 3, 4, 5};
    if (!Arrays.equals(sizes, shape()) || !Arrays.equals(sizes, rememberedShape())) {
      throw new IllegalStateException("2 x 3 x 4 x 5 has other sizes");
    }
    checkStep();
    report();
    x = all.randomUniform(0, 1, SQUARE, DataType.FLOAT32);
    y = all.randomUniform(0, 1, SQUARE, DataType.FLOAT32);
    weight = all.randomUniform(0, 1, SQUARE, DataType.FLOAT32);
    weight.setRequiresGradient(true);
  }

  /**
   * With ones for x and zeros for y the gradient is twice the weight, unless an old one is kept.
   */
  private void checkStep() {
    x = all.ones(SQUARE, DataType.FLOAT32);
    y = all.zeros(SQUARE, DataType.FLOAT32);
    weight = all.ones(SQUARE, DataType.FLOAT32);
    weight.setRequiresGradient(true);
    for (double expected : new double[] {0.998, 0.998 * 0.998}) {
      step();
      if (Math.abs(weight.getFloat(0, 0) - expected) > 1e-6) {
        throw new IllegalStateException("the weight is " + weight.getFloat(0, 0));
      }
    }
  }

  /** Tells the conditions, and the weight that {@link #checkStep} has left. */
  private void report() {
    try (NDScope scope = new NDScope()) {
      // 128 x 128, with a bit that TF32 and bfloat16 have no room for.
      NDArray wide = all.full(new Shape(128, 128), 1 + 0x1p-12f, DataType.FLOAT32);
      Report.write(
          x.getDataType().name().toLowerCase(Locale.ROOT),
          JniUtils.getNumThreads(),
          wide.matMul(all.eye(128)).contentEquals(wide),
          engine.getVersion(),
          weight.mean().getFloat());
    }
  }

  /** A call that does nothing but read a thread's flag. */
  @Benchmark
  public boolean flag() {
    return JniUtils.isGradMode();
  }

  /** Sum of two tensors of 4 floats, freed. */
  @Benchmark
  public void add() {
    a.add(b).close();
  }

  /** The sizes of a tensor as an array, from libtorch: what the first getShape of an array does. */
  @Benchmark
  public long[] shape() {
    return JniUtils.getShape((PtNDArray) image).getShape();
  }

  /** The same from the second getShape on, which asks Java only. */
  @Benchmark
  public long[] rememberedShape() {
    return image.getShape().getShape();
  }

  /** A tensor of 4 floats, made and freed. */
  @Benchmark
  public void create() {
    all.create(VECTOR, DataType.FLOAT32).close();
  }

  /** 100 sums that are freed together. */
  @Benchmark
  public void scope() {
    try (NDScope scope = new NDScope()) {
      for (int i = 0; i < SCOPE; i++) {
        a.add(b);
      }
    }
  }

  /**
   * A step of linear regression by gradient descent, 16 x 16. DJL has no subtraction of a multiple,
   * so the gradient is multiplied first; gradients are recorded within a collector only.
   */
  @Benchmark
  public void step() {
    try (NDScope scope = new NDScope()) {
      try (GradientCollector collector = engine.newGradientCollector()) {
        collector.backward(x.matMul(weight).sub(y).square().mean());
      }
      NDArray gradient = weight.getGradient();
      weight.subi(gradient.muli(RATE));
      gradient.subi(gradient);
    }
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    all.close();
  }
}
