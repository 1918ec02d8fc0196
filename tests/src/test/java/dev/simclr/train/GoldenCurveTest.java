package dev.simclr.train;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.loss.NtXent;
import dev.simclr.model.Module;
import dev.simclr.model.Parameter;
import dev.simclr.model.ProjectionHead;
import dev.simclr.model.ResNet;
import dev.simclr.model.Stem;
import dev.simclr.model.Variant;
import dev.simclr.optim.Lars;
import dev.simclr.optim.LrSchedule;
import dev.simclr.optim.ParameterGroup;
import dev.simclr.testing.FixtureArrays;
import dev.simclr.testing.Formula;
import dev.simclr.testing.FormulaState;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Twenty steps as the SimCLR reference takes them, against a program in plain PyTorch: encoder,
 * head, loss, LARS and schedule together. {@code tests/fixtures/golden/make.py} describes the run.
 */
@ExtendWith(LeakCheck.class)
final class GoldenCurveTest {
  private static final int STEPS = 20;
  private static final int N = 16;
  private static final int SIZE = 16;

  /** What the run can do otherwise than the reference. */
  private record Variation(double trust, double momentum, double lossScale) {}

  // The reference's objective is the sum of two means, ours the mean over both.
  private static final Variation REFERENCE = new Variation(Lars.TRUST, 0.9, 2);

  /** Encoder and head, as one list of parameters named as the fixture names them. */
  private record Model(ResNet encoder, ProjectionHead head) implements AutoCloseable {
    static Model create(DType dtype) {
      Model model =
          new Model(
              ResNet.builder().width(0.125).stem(Stem.CIFAR).variant(Variant.GOOGLE).build(),
              ProjectionHead.builder(64).layers(3).out(32).variant(Variant.GOOGLE).build());
      for (Module part : List.of(model.encoder, model.head)) {
        FormulaState.fill(part);
        part.to(dtype);
      }
      return model;
    }

    List<Parameter> parameters() {
      List<Parameter> all = new ArrayList<>();
      encoder
          .parameters()
          .forEach(p -> all.add(new Parameter("encoder." + p.name(), p.kind(), p.tensor())));
      head.parameters()
          .forEach(p -> all.add(new Parameter("head." + p.name(), p.kind(), p.tensor())));
      return all;
    }

    @Override
    public void close() {
      encoder.close();
      head.close();
    }
  }

  private static float[] views(int step) {
    float[] all = new float[2 * N * 3 * SIZE * SIZE];
    for (int view = 1; view <= 2; view++) {
      double[] scene = Formula.uniform("view-" + view + "-" + step / 4, N, 3, SIZE, SIZE);
      double[] noise = Formula.uniform("noise-" + view + "-" + step, N, 3, SIZE, SIZE);
      double[] mixed = new double[scene.length];
      Arrays.setAll(mixed, i -> 0.5 * scene[i] + 0.5 * noise[i]);
      System.arraycopy(Formula.floats(mixed), 0, all, (view - 1) * mixed.length, mixed.length);
    }
    return all;
  }

  private static Tensor loss(Model model, int step, double scale, DType dtype) {
    Tensor x = Tensor.of(views(step), 2 * N, 3, SIZE, SIZE).to(dtype);
    Tensor z = model.head.forward(model.encoder.forward(x));
    return new NtXent(0.5).forward(z).loss().mul(scale);
  }

  /** Trains in float64 and returns the loss before each update. */
  private static double[] train(Model model, Variation variation) {
    LrSchedule schedule = new LrSchedule(0.25, 5, STEPS, true);
    List<ParameterGroup> groups = ParameterGroup.exemptingNormAndBias(model.parameters(), 1e-4);
    double[] losses = new double[STEPS];
    try (Lars lars = new Lars(groups, variation.momentum, variation.trust, false)) {
      for (int step = 0; step < STEPS; step++) {
        try (var _ = TensorScope.open()) {
          Tensor loss = loss(model, step, variation.lossScale, DType.FLOAT64);
          losses[step] = loss.item();
          loss.backward();
          lars.step(schedule.at(step));
          lars.zeroGrad();
        }
      }
    }
    return losses;
  }

  private static double[] samples(List<Tensor> tensors) {
    return tensors.stream()
        .flatMapToDouble(t -> DoubleStream.of(FormulaState.samples(t)))
        .toArray();
  }

  private static double largestDifference(double[] expected, double[] actual) {
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] / expected[i] - 1));
    }
    return largest;
  }

  @Test
  void lossesAndFinalWeightsAreThoseOfTheReference() {
    try (var fixture = FixtureArrays.open("golden/golden.safetensors");
        Model model = Model.create(DType.FLOAT64);
        var _ = TensorScope.open()) {
      double[] losses = train(model, REFERENCE);
      assertClose(fixture.values("loss"), losses, 0, 1e-6, "loss");
      assertEquals(
          fixture.strings("parameters"), model.parameters().stream().map(Parameter::name).toList());
      double[] weights = samples(model.parameters().stream().map(Parameter::tensor).toList());
      assertClose(fixture.values("weights"), weights, 1e-9, 1e-6, "weights");
      double[] norms = new double[model.parameters().size()];
      double[] projections = new double[norms.length];
      for (int i = 0; i < norms.length; i++) {
        Parameter parameter = model.parameters().get(i);
        double[] values = parameter.tensor().toDoubleArray();
        double[] signs = Formula.signed("projection." + parameter.name(), values.length);
        double squares = 0;
        for (int j = 0; j < values.length; j++) {
          squares += values[j] * values[j];
          projections[i] += values[j] * signs[j];
        }
        norms[i] = Math.sqrt(squares);
      }
      // All elements of all parameters: a small sum of large ones is known less exactly.
      assertClose(fixture.values("norms"), norms, 0, 1e-6, "norms");
      assertClose(fixture.values("projections"), projections, 1e-6, 1e-6, "projections");
      double other = largestDifference(fixture.values("lightly"), losses);
      assertTrue(other > 1e-3, "LARS of lightly and bolts: " + other);
    }
  }

  /** Each is computed as PyTorch computes it, and is told from the reference by its losses. */
  @ParameterizedTest
  @CsvSource({"eeta_twice, 0.002, 0.9, 2", "no_momentum, 0.001, 0, 2", "mean, 0.001, 0.9, 1"})
  void whatTheReferenceDoesNotDoIsNoticed(
      String name, double trust, double momentum, double lossScale) {
    try (var fixture = FixtureArrays.open("golden/golden.safetensors");
        Model model = Model.create(DType.FLOAT64);
        var _ = TensorScope.open()) {
      double[] losses = train(model, new Variation(trust, momentum, lossScale));
      assertClose(fixture.values(name), losses, 0, 1e-6, name);
      // On the reference's scale, so that a factor alone is no difference.
      double[] scaled = DoubleStream.of(losses).map(l -> l * 2 / lossScale).toArray();
      double difference = largestDifference(fixture.values("loss"), scaled);
      assertTrue(difference > 1e-3, name + ": " + difference);
    }
  }

  @Test
  void inFloat32TheFirstStepIsThatOfTheReference() {
    try (var fixture = FixtureArrays.open("golden/golden.safetensors");
        Model model = Model.create(DType.FLOAT32);
        var _ = TensorScope.open()) {
      Tensor loss = loss(model, 0, 2, DType.FLOAT32);
      assertEquals(fixture.values("loss")[0], loss.item(), 1e-5 * fixture.values("loss")[0]);
      loss.backward();
      double[] expected = fixture.values("first_gradient");
      double[] actual =
          samples(model.parameters().stream().map(p -> p.tensor().grad().orElseThrow()).toList());
      double error = 0;
      double size = 0;
      for (int i = 0; i < expected.length; i++) {
        error = Math.hypot(error, actual[i] - expected[i]);
        size = Math.hypot(size, expected[i]);
      }
      assertEquals(expected.length, actual.length);
      assertTrue(error <= 1e-4 * size, "first gradient: " + error + " of " + size);
    }
  }
}
