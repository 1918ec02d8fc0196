package dev.simclr.benchmark;

import dev.simclr.model.Parameter;
import dev.simclr.model.ResNet;
import dev.simclr.optim.Lars;
import dev.simclr.optim.ParameterGroup;
import dev.simclr.torch.Init;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
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

/** A step of LARS on all parameters of ResNet-50. The peer is tests/peers/lars.py. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class LarsBenchmark {
  private static final double LEARNING_RATE = 1e-3;

  /** Compute threads. */
  @Param({"2"})
  public int threads;

  /** Type of the parameters. */
  @Param({"float32"})
  public String dtype;

  private ResNet model;
  private Lars lars;

  /** Makes the parameters and their gradients. */
  @Setup
  public void open() {
    Torch.setNumThreads(threads);
    model = ResNet.builder().depth(50).build();
    lars =
        new Lars(
            ParameterGroup.exemptingNormAndBias(model.parameters(), 1e-6), 0.9, Lars.TRUST, false);
    try (var _ = TensorScope.open()) {
      int seed = 0;
      for (Parameter parameter : model.parameters()) {
        Tensor gradient = parameter.tensor().detach().zerosLike();
        parameter.tensor().setGrad(Init.normal_(gradient, 0, 1, seed++));
      }
    }
  }

  /** One step. */
  @Benchmark
  public void step() {
    lars.step(LEARNING_RATE);
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    lars.close();
    model.close();
  }
}
