package dev.simclr.model;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.FixtureArrays;
import dev.simclr.testing.Formula;
import dev.simclr.testing.FormulaState;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
final class ProjectionHeadTest {

  private static final int IN = 10;
  private static final int HIDDEN = 12;
  private static final int OUT = 7;

  @ParameterizedTest
  @CsvSource({
    "recipe, 2, true, true, TORCHVISION",
    "google, 3, true, true, GOOGLE",
    "plain, 2, false, false, TORCHVISION",
    "one, 1, true, true, TORCHVISION",
    "four_without_last_norm, 4, true, false, TORCHVISION"
  })
  void computesWhatPyTorchComputes(
      String name, int layers, boolean norm, boolean lastNorm, Variant variant) {
    try (var fixture = FixtureArrays.open("projection_head/heads.safetensors");
        ProjectionHead head =
            ProjectionHead.builder(IN)
                .layers(layers)
                .hidden(HIDDEN)
                .out(OUT)
                .batchNorm(norm)
                .lastBatchNorm(lastNorm)
                .variant(variant)
                .build();
        var _ = TensorScope.open()) {
      FormulaState.fill(head);
      head.to(DType.FLOAT64);
      int n = 6;
      float[] input = Formula.floats(Formula.signed("input", n, IN));
      Tensor h = Tensor.of(input, n, IN).to(DType.FLOAT64).requiresGrad(true);
      Tensor v = head.forward(h);
      assertArrayEquals(new long[] {n, OUT}, v.shape());
      assertEquals(OUT, head.outDim());
      assertClose(fixture.values(name + ".out"), v.toDoubleArray(), 1e-12, 1e-10, "out");
      float[] coefficients = Formula.floats(Formula.signed("coefficients", n, OUT));
      v.mul(Tensor.of(coefficients, n, OUT).to(DType.FLOAT64)).sum().backward();
      double[] gradient = h.grad().orElseThrow().toDoubleArray();
      assertClose(fixture.values(name + ".grad"), gradient, 1e-12, 1e-9, "gradient");
      for (Parameter parameter : head.parameters()) {
        assertTrue(parameter.tensor().grad().isPresent(), parameter.name());
      }
    }
  }

  /** The layers after k of the head are a head of their own, and give v for what k layers gave. */
  @Test
  void someLayersGiveWhatTheOthersContinue() {
    try (ProjectionHead head =
            ProjectionHead.builder(IN).layers(3).hidden(HIDDEN).out(OUT).seed(1).build();
        ProjectionHead rest =
            ProjectionHead.builder(HIDDEN).layers(2).hidden(HIDDEN).out(OUT).seed(2).build();
        var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      head.eval();
      rest.eval();
      FormulaState.fill(head);
      var whole = head.state();
      rest.state()
          .forEach((name, tensor) -> {
            int layer = name.charAt(0) - '0' + 1;
            tensor.copy_(whole.get(layer + name.substring(1)));
          });
      Tensor h = Tensor.of(Formula.floats(Formula.signed("input", 6, IN)), 6, IN);
      Tensor first = head.forward(h, 1);
      assertArrayEquals(new long[] {6, HIDDEN}, first.shape());
      assertEquals(0, first.min().item(), "ReLU belongs to a hidden layer");
      assertArrayEquals(head.forward(h).toDoubleArray(), rest.forward(first).toDoubleArray());
      assertSame(h, head.forward(h, 0));
      assertArrayEquals(head.forward(h).toDoubleArray(), head.forward(h, 3).toDoubleArray());
      assertEquals(3, head.layers());
      assertEquals(
          List.of(IN, HIDDEN, HIDDEN, OUT), IntStream.range(0, 4).mapToObj(head::outDim).toList());
      for (int count : new int[] {-1, 4}) {
        var e = assertThrows(IllegalArgumentException.class, () -> head.forward(h, count));
        assertEquals(
            "layers is " + count + "; allowed: 0 to 3, which the head has", e.getMessage());
      }
    }
  }

  @Test
  void aHeadOfNoLayersPassesOn() {
    try (ProjectionHead head = ProjectionHead.builder(5).layers(0).build();
        var _ = TensorScope.open()) {
      Tensor h = Tensor.ones(DType.FLOAT32, 2, 5);
      assertSame(h, head.forward(h));
      assertEquals(5, head.outDim());
      assertEquals(List.of(), head.parameters());
    }
  }

  @Test
  void layersAreNamedAndHaveABiasWhereNoNormFollows() {
    try (ProjectionHead norm = ProjectionHead.builder(4).build();
        ProjectionHead plain =
            ProjectionHead.builder(4).batchNorm(false).lastBatchNorm(false).build();
        ProjectionHead google = ProjectionHead.builder(4).variant(Variant.GOOGLE).build()) {
      assertEquals(
          List.of(
              "0.linear.weight",
              "0.bn.weight",
              "0.bn.bias",
              "1.linear.weight",
              "1.bn.weight",
              "1.bn.bias"),
          List.copyOf(norm.namedParameters().keySet()));
      assertEquals(
          List.of("0.linear.weight", "0.linear.bias", "1.linear.weight", "1.linear.bias"),
          List.copyOf(plain.namedParameters().keySet()));
      assertEquals(
          List.of("0.linear.weight", "0.bn.weight", "0.bn.bias", "1.linear.weight", "1.bn.weight"),
          List.copyOf(google.namedParameters().keySet()),
          "the last norm of the reference has no shift");
      assertEquals(
          List.of("0.bn", "1.bn").stream()
              .flatMap(bn ->
                  List.of("running_mean", "running_var", "num_batches_tracked").stream()
                      .map(b -> bn + "." + b))
              .toList(),
          List.copyOf(norm.namedBuffers().keySet()));
    }
  }

  /** Counts of the reference: three layers of ResNet-18 and -50, two layers of ResNet-50. */
  @ParameterizedTest
  @CsvSource({"512, 3, 592000", "2048, 3, 8659072", "2048, 2, 4460672"})
  void hasThePublishedNumberOfParameters(int in, int layers, long parameters) {
    try (ProjectionHead head =
        ProjectionHead.builder(in).layers(layers).variant(Variant.GOOGLE).build()) {
      assertEquals(parameters, head.parameterCount());
      assertEquals(128, head.outDim());
    }
  }

  /** ReLU stands between layers, not after the last: without norms, signs tell. */
  @Test
  void theLastLayerIsLinear() {
    try (ProjectionHead head =
            ProjectionHead.builder(3).layers(1).out(2).lastBatchNorm(false).build();
        var _ = TensorScope.open()) {
      Tensor h = Tensor.of(new float[] {1, -2, 3, -1, 2, -3}, 2, 3);
      Tensor bias = head.namedParameters().get("0.linear.bias");
      Tensor sum = head.forward(h).sum(false, 0);
      // The inputs are opposite, so the outputs add up to twice the bias.
      assertClose(
          bias.detach().mul(2).toDoubleArray(), sum.detach().toDoubleArray(), 1e-6, 0, "sum");
    }
  }

  @Test
  void theSeedDecidesTheWeights() {
    float[][] weights =
        IntStream.of(3, 3, 4)
            .mapToObj(seed -> {
              try (ProjectionHead head = ProjectionHead.builder(6).seed(seed).build()) {
                return head.namedParameters().get("1.linear.weight").toFloatArray();
              }
            })
            .toArray(float[][]::new);
    assertArrayEquals(weights[0], weights[1]);
    assertTrue(weights[0][0] != weights[2][0]);
  }

  @Test
  void refusesWhatIsNoHead() {
    refuses("layers is 5; allowed: 0 to 4", ProjectionHead.builder(3).layers(5));
    refuses("layers is -1; allowed: 0 to 4", ProjectionHead.builder(3).layers(-1));
    refuses("in is 0; allowed: 1 or more", ProjectionHead.builder(0));
    refuses("hidden is -1; allowed: 0 or more", ProjectionHead.builder(3).hidden(-1));
    refuses("out is 0; allowed: 1 or more", ProjectionHead.builder(3).out(0));
    try (ProjectionHead head = ProjectionHead.builder(3).build();
        var _ = TensorScope.open()) {
      Tensor wide = Tensor.ones(DType.FLOAT32, 2, 4);
      var e = assertThrows(IllegalArgumentException.class, () -> head.forward(wide));
      assertEquals("features have shape [2, 4]; allowed: [N, 3]", e.getMessage());
    }
  }

  private static void refuses(String message, ProjectionHead.Builder builder) {
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, builder::build).getMessage());
  }
}
