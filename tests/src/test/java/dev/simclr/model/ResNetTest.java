package dev.simclr.model;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.FixtureArrays;
import dev.simclr.testing.Formula;
import dev.simclr.testing.FormulaState;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class ResNetTest {

  private static ResNet fixtureNetwork(String fixture) {
    ResNet.Builder builder = ResNet.builder();
    if (fixture.contains("34")) {
      builder.depth(34);
    } else if (fixture.contains("50")) {
      builder.depth(50);
    } else if (fixture.contains("101")) {
      builder.depth(101);
    }
    builder.resnetD(fixture.matches(".*resnet\\d+d.*"));
    builder.skRatio(fixture.contains("sk") ? 0.0625 : 0);
    if (fixture.contains("cifar")) {
      builder.stem(Stem.CIFAR);
    }
    if (fixture.contains("quarter")) {
      builder.width(0.25);
    } else if (fixture.contains("eighth")) {
      builder.width(0.125);
    }
    if (fixture.startsWith("google")) {
      builder.variant(Variant.GOOGLE);
    }
    ResNet network = builder.build();
    FormulaState.fill(network);
    return network;
  }

  private static Tensor input(FixtureArrays fixture, DType dtype) {
    long[] shape = fixture.sizes("input");
    return Tensor.of(Formula.floats(Formula.uniform("input", shape)), shape).to(dtype);
  }

  private static Tensor coefficients(Tensor out) {
    long[] shape = out.shape();
    return Tensor.of(Formula.floats(Formula.signed("coefficients", shape)), shape).to(out.dtype());
  }

  /**
   * Outputs in both modes, gradients of all parameters and running statistics, in float64, where
   * nothing but the order of sums can differ.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet18",
        "resnet50",
        "resnet34_cifar_eighth",
        "resnet18_cifar_quarter",
        "google_resnet18_cifar_quarter",
        "google_resnet50_quarter",
        "resnet50d_eighth",
        "google_resnet18d_eighth",
        "google_sk_resnet50d_eighth",
        "resnet101_cifar_eighth"
      })
  void computesWhatPyTorchComputes(String name) {
    try (var fixture = FixtureArrays.open("resnet/" + name + ".safetensors");
        ResNet network = fixtureNetwork(name);
        var _ = TensorScope.open()) {
      network.to(DType.FLOAT64);
      Tensor x = input(fixture, DType.FLOAT64);

      network.eval();
      try (var _ = GradMode.noGrad()) {
        assertClose(
            fixture.values("eval"), network.forward(x).toDoubleArray(), 1e-10, 1e-8, "eval");
      }
      network.train(true);
      Tensor out = network.forward(x);
      assertArrayEquals(new long[] {x.size(0), network.featureDim()}, out.shape());
      assertClose(fixture.values("train"), out.toDoubleArray(), 1e-10, 1e-8, "train");

      out.mul(coefficients(out)).sum().backward();
      assertEquals(fixture.strings("parameters"), List.copyOf(network.namedParameters().keySet()));
      List<Tensor> gradients =
          network.parameters().stream().map(p -> p.tensor().grad().orElseThrow()).toList();
      double[] norms = gradients.stream().mapToDouble(g -> g.norm().item()).toArray();
      assertClose(fixture.values("grad_norm"), norms, 1e-9, 1e-7, "gradient norms");
      double largest = Arrays.stream(norms).max().orElseThrow();
      assertClose(
          fixture.values("grad_samples"),
          gradients.stream()
              .flatMapToDouble(g -> DoubleStream.of(FormulaState.samples(g)))
              .toArray(),
          1e-9 * largest,
          1e-7,
          "gradient elements");

      Map<String, Tensor> buffers = network.namedBuffers();
      List<String> tracked = fixture.strings("buffers");
      assertClose(
          fixture.values("buffer_samples"),
          tracked.stream()
              .flatMapToDouble(b -> DoubleStream.of(FormulaState.samples(buffers.get(b))))
              .toArray(),
          1e-10,
          1e-8,
          "running statistics");
      List<String> counters = new ArrayList<>(buffers.keySet());
      counters.removeAll(tracked);
      assertEquals(tracked.size() / 2, counters.size());
      for (String counter : counters) {
        assertTrue(counter.endsWith(".num_batches_tracked"), counter);
        assertEquals(1, buffers.get(counter).itemLong(), counter);
      }
    }
  }

  /** The way training computes: float32, weights and images stored as N, H, W, C. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet50", "google_resnet18_cifar_quarter"})
  void computesTheSameInFloat32ChannelsLast(String name) {
    try (var fixture = FixtureArrays.open("resnet/" + name + ".safetensors");
        ResNet network = fixtureNetwork(name);
        var _ = TensorScope.open()) {
      network.to(MemoryFormat.CHANNELS_LAST);
      Tensor x = input(fixture, DType.FLOAT32).to(MemoryFormat.CHANNELS_LAST);
      network.eval();
      try (var _ = GradMode.noGrad()) {
        // Sums cancel: what counts is the error beside the largest of them.
        double[] expected = fixture.values("eval");
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        double[] actual = network.forward(x).toDoubleArray();
        assertClose(expected, actual, 1e-6 * largest, 1e-4, "eval");
      }
      network.train(true);
      Tensor out = network.forward(x);
      // Statistics of as few as 12 values magnify rounding: 3e-4 was seen, on values up to 4.
      assertClose(fixture.values("train"), out.toDoubleArray(), 1e-3, 1e-3, "train");
      out.mul(coefficients(out)).sum().backward();
      double[] norms =
          network.parameters().stream()
              .mapToDouble(p -> p.tensor().grad().orElseThrow().norm().item())
              .toArray();
      assertClose(fixture.values("grad_norm"), norms, 1e-4, 1e-2, "gradient norms");
    }
  }

  /** Published sizes: torchvision's networks less their classifiers, and the reference's. */
  @ParameterizedTest
  @CsvSource({
    "18, IMAGENET, TORCHVISION, 11176512, 512",
    "34, IMAGENET, TORCHVISION, 21284672, 512",
    "50, IMAGENET, TORCHVISION, 23508032, 2048",
    "18, CIFAR, TORCHVISION, 11168832, 512",
    "18, CIFAR, GOOGLE, 11173056, 512",
    "50, IMAGENET, GOOGLE, 23508032, 2048",
    "50, CIFAR, GOOGLE, 23500352, 2048"
  })
  void hasThePublishedNumberOfParameters(
      int depth, Stem stem, Variant variant, long parameters, int featureDim) {
    try (ResNet network = ResNet.builder().depth(depth).stem(stem).variant(variant).build()) {
      assertEquals(parameters, network.parameterCount());
      assertEquals(featureDim, network.featureDim());
      assertEquals(depth, network.depth());
      assertEquals(stem, network.stem());
      assertEquals(variant, network.variant());
      assertEquals(1, network.width());
    }
  }

  /**
   * The networks of SimCLR v2, with projection shortcuts as the reference has them: exact numbers
   * of trainable parameters, and in rounded millions, running statistics included, those of its
   * table 1 (arXiv 2006.10029).
   */
  @ParameterizedTest
  @CsvSource({
    "50, 1, false, 23508032, 24",
    "50, 1, true, 35215584, 35",
    "50, 2, false, 93907072, 94",
    "50, 2, true, 140306048, 140",
    "101, 1, false, 42500160, 43",
    "101, 1, true, 64662304, 65",
    "101, 2, false, 169771136, 170",
    "101, 2, true, 257132224, 257",
    "152, 1, false, 58143808, 58",
    "152, 1, true, 88940896, 89",
    "152, 2, false, 232253568, 233",
    "152, 2, true, 353398528, 354",
    "152, 3, true, 794704160, 795"
  })
  void hasTheSizeThatSimClrV2Publishes(
      int depth, double width, boolean selective, long trainable, long millions) {
    NetworkCount count =
        ResNet.builder()
            .depth(depth)
            .width(width)
            .variant(Variant.GOOGLE)
            .resnetD(selective)
            .skRatio(selective ? 0.0625 : 0)
            .count();
    assertEquals(trainable, count.trainable());
    assertEquals(millions, Math.round((count.trainable() + count.statistics()) / 1e6));
  }

  /** What is counted without weights is what a network with weights has. */
  @Test
  void countsWhatItBuilds() {
    ResNet.Builder builder = ResNet.builder().depth(50).width(0.25).resnetD(true).skRatio(0.5);
    try (ResNet network = builder.build()) {
      assertEquals(network.parameterCount(), builder.count().trainable());
      long statistics =
          network.state().values().stream().mapToLong(Tensor::numel).sum()
              - network.parameterCount()
              - network.state().keySet().stream().filter(n -> n.endsWith("_tracked")).count();
      assertEquals(statistics, builder.count().statistics());
      assertTrue(network.resnetD());
      assertEquals(0.5, network.skRatio());
    }
  }

  /** The convolutions outside of shortcuts, and the classifier that is not here. */
  @ParameterizedTest
  @ValueSource(ints = {18, 34, 50, 101, 152, 200})
  void isAsDeepAsItsNameSays(int depth) {
    try (ResNet network = ResNet.builder().depth(depth).width(0.0625).build()) {
      long convolutions =
          network.namedParameters().keySet().stream()
              .filter(name -> name.contains("conv") && !name.contains("downsample"))
              .count();
      assertEquals(depth, convolutions + 1);
    }
  }

  @Test
  void widthMultipliesChannelsAndLeavesAtLeastOne() {
    try (ResNet quarter = ResNet.builder().stem(Stem.CIFAR).width(0.25).build();
        ResNet twice = ResNet.builder().stem(Stem.CIFAR).width(2).build();
        ResNet tiny = ResNet.builder().depth(50).stem(Stem.CIFAR).width(0.001).build();
        var _ = TensorScope.open()) {
      assertArrayEquals(
          new long[] {16, 3, 3, 3}, quarter.namedParameters().get("conv1.weight").shape());
      assertEquals(128, quarter.featureDim());
      assertEquals(0.25, quarter.width());
      assertEquals(1024, twice.featureDim());
      assertArrayEquals(
          new long[] {1, 3, 3, 3}, tiny.namedParameters().get("conv1.weight").shape());
      Tensor h = tiny.forward(Tensor.ones(DType.FLOAT32, 2, 3, 8, 8));
      assertArrayEquals(new long[] {2, tiny.featureDim()}, h.shape());
    }
  }

  @Test
  void onlyTheGoogleVariantProjectsInTheFirstStageOfBasicBlocks() {
    try (ResNet ours = ResNet.builder().width(0.25).build();
        ResNet google = ResNet.builder().width(0.25).variant(Variant.GOOGLE).build()) {
      assertFalse(ours.state().containsKey("layer1.0.downsample.0.weight"));
      assertTrue(ours.state().containsKey("layer2.0.downsample.0.weight"));
      assertTrue(google.state().containsKey("layer1.0.downsample.0.weight"));
      assertFalse(google.state().containsKey("layer1.1.downsample.0.weight"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {18, 50})
  void zeroGammaMakesEachResidualBranchStartAsNothing(int depth) {
    try (ResNet zero = ResNet.builder().depth(depth).width(0.25).zeroGamma(true).build();
        ResNet one = ResNet.builder().depth(depth).width(0.25).build();
        var _ = TensorScope.open()) {
      String last = depth == 50 ? ".bn3.weight" : ".bn2.weight";
      int branches = 0;
      for (Parameter parameter : zero.parameters()) {
        if (parameter.kind() == ParameterKind.NORM_SCALE) {
          boolean ends = parameter.name().endsWith(last) && parameter.name().startsWith("layer");
          branches += ends ? 1 : 0;
          double expected = ends ? 0 : 1;
          assertEquals(expected, parameter.tensor().min().item(), parameter.name());
          assertEquals(expected, parameter.tensor().max().item(), parameter.name());
        }
      }
      assertEquals(depth == 50 ? 16 : 8, branches);
      for (Parameter parameter : one.parameters()) {
        if (parameter.kind() == ParameterKind.NORM_SCALE) {
          assertEquals(1, parameter.tensor().min().item(), parameter.name());
        }
      }
    }
  }

  @Test
  void everyParameterHasItsKind() {
    try (ResNet network = ResNet.builder().depth(50).width(0.0625).build()) {
      for (Parameter parameter : network.parameters()) {
        ParameterKind expected;
        if (parameter.tensor().dim() == 4) {
          expected = ParameterKind.WEIGHT;
        } else if (parameter.name().endsWith(".weight")) {
          expected = ParameterKind.NORM_SCALE;
        } else {
          expected = ParameterKind.NORM_SHIFT;
        }
        assertEquals(expected, parameter.kind(), parameter.name());
      }
    }
  }

  @Test
  void runningStatisticsFollowTrainingOnly() {
    try (ResNet network = ResNet.builder().stem(Stem.CIFAR).width(0.0625).build();
        var _ = TensorScope.open()) {
      Tensor x = Tensor.of(Formula.floats(Formula.uniform("x", 4, 3, 8, 8)), 4, 3, 8, 8);
      Map<String, Tensor> buffers = network.namedBuffers();
      double[] before = buffers.get("bn1.running_mean").toDoubleArray();
      assertTrue(network.isTraining());
      network.eval();
      assertFalse(network.isTraining());
      double[] first = network.forward(x).toDoubleArray();
      assertArrayEquals(before, buffers.get("bn1.running_mean").toDoubleArray());
      assertEquals(0, buffers.get("bn1.num_batches_tracked").itemLong());
      assertArrayEquals(first, network.forward(x).toDoubleArray(), "evaluation has no memory");

      network.train(true);
      network.forward(x);
      network.forward(x);
      assertEquals(2, buffers.get("bn1.num_batches_tracked").itemLong());
      assertEquals(2, buffers.get("layer4.1.bn2.num_batches_tracked").itemLong());
      // From 0 with momentum 0.1, twice toward the same mean: 0.19 of it.
      double[] expected = DoubleStream.of(stemMeans(network, x)).map(m -> 0.19 * m).toArray();
      assertClose(expected, buffers.get("bn1.running_mean").toDoubleArray(), 1e-6, 1e-5, "mean");
    }
  }

  private static double[] stemMeans(ResNet network, Tensor x) {
    Tensor weight = network.namedParameters().get("conv1.weight").detach();
    return Nn.conv2d(x, weight, Optional.empty(), 1, 1, 1, 1).mean(false, 0, 2, 3).toDoubleArray();
  }

  @Test
  void aBatchIsNotMixedInEvaluation() {
    try (ResNet network = fixtureNetwork("resnet18_cifar_quarter");
        var _ = TensorScope.open()) {
      network.eval();
      Tensor x = Tensor.of(Formula.floats(Formula.uniform("x", 5, 3, 32, 32)), 5, 3, 32, 32);
      double[] together = network.forward(x).select(0, 3).toDoubleArray();
      double[] alone = network.forward(x.narrow(0, 3, 1)).toDoubleArray();
      assertClose(alone, together, 1e-5, 1e-5, "image 3");
    }
  }

  @Test
  void refusesWhatIsNoImageAndWhatIsNoNetwork() {
    try (ResNet network = ResNet.builder().width(0.0625).build();
        var _ = TensorScope.open()) {
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> network.forward(Tensor.zeros(DType.FLOAT32, 2, 1, 32, 32)));
      assertEquals("images have shape [2, 1, 32, 32]; allowed: [N, 3, H, W]", e.getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () -> network.forward(Tensor.zeros(DType.FLOAT32, 3, 32, 32)));
    }
    var e = assertThrows(IllegalArgumentException.class, () -> ResNet.builder().depth(102).build());
    assertEquals("depth is 102; allowed: 18, 34, 50, 101, 152, 200", e.getMessage());
    e = assertThrows(IllegalArgumentException.class, () -> ResNet.builder().skRatio(0.5).build());
    assertEquals(
        "skRatio is 0.5; allowed: 0 for depth 18, whose blocks are not bottlenecks",
        e.getMessage());
    e = assertThrows(IllegalArgumentException.class, () -> ResNet.builder().skRatio(1.5).build());
    assertEquals("skRatio is 1.5; allowed: 0 to 1", e.getMessage());
    for (double width : new double[] {0, -1, Double.NaN, 65, Double.POSITIVE_INFINITY}) {
      e = assertThrows(IllegalArgumentException.class, () -> ResNet.builder().width(width).build());
      assertTrue(e.getMessage().startsWith("width is " + width), e.getMessage());
    }
  }
}
