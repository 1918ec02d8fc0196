package dev.simclr.benchmark;

import dev.simclr.model.Parameter;
import dev.simclr.model.ResNet;
import dev.simclr.optim.Lars;
import dev.simclr.optim.ParameterGroup;
import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.util.List;
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
  // Of the steps whose result is compared: the weights must move by more than their rounding.
  private static final double CHECKED_RATE = 1;
  private static final int CHECKED_STEPS = 2;

  /** Compute threads. */
  @Param({"2"})
  public int threads;

  /** Type of the parameters. */
  @Param({"float32"})
  public String dtype;

  /** Where the tensors are, {@code cpu} or {@code cuda}. */
  @Param({"cpu"})
  public String device;

  private BenchmarkDevice place;
  private ResNet model;
  private Lars lars;

  /** Makes the parameters and their gradients, takes two steps, and reports how far they led. */
  @Setup
  public void open() {
    Torch.setNumThreads(threads);
    place = BenchmarkDevice.of(device);
    model = ResNet.builder().depth(50).build();
    model.to(place.device());
    lars =
        new Lars(
            ParameterGroup.exemptingNormAndBias(model.parameters(), 1e-6), 0.9, Lars.TRUST, false);
    try (var _ = TensorScope.open()) {
      int number = 0;
      for (Parameter parameter : model.parameters()) {
        Tensor weight = parameter.tensor().detach();
        weight.copy_(FormulaInputs.signed("weight." + number, 0.05, weight.shape()));
        parameter
            .tensor()
            .setGrad(place.place(FormulaInputs.signed("gradient." + number, 1, weight.shape())));
        number++;
      }
      report();
    }
  }

  /** Takes steps and reports the norm of the way, and its part along the gradients. */
  private void report() {
    List<Tensor> starts =
        model.parameters().stream().map(p -> p.tensor().to(DType.FLOAT64).detach()).toList();
    for (int i = 0; i < CHECKED_STEPS; i++) {
      lars.step(CHECKED_RATE);
    }
    double[] square = new double[2];
    double[] along = new double[2];
    for (int i = 0; i < starts.size(); i++) {
      Tensor weight = model.parameters().get(i).tensor();
      Tensor way = starts.get(i).sub(weight.detach());
      int exempt = weight.dim() > 1 ? 0 : 1;
      square[exempt] += way.square().sum().item();
      along[exempt] += way.mul(weight.grad().orElseThrow()).sum().item();
    }
    Tensor first = model.parameters().getFirst().tensor();
    Report.ofTorch(first.dtype(), first.device())
        .result("way of the weights", Math.sqrt(square[0]))
        .result("way of scales and shifts", Math.sqrt(square[1]))
        .result("way of the weights along the gradient", along[0])
        .result("way of scales and shifts along the gradient", along[1])
        .write();
  }

  /** One step. */
  @Benchmark
  public void step() {
    lars.step(LEARNING_RATE);
    place.synchronize();
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    lars.close();
    model.close();
  }
}
