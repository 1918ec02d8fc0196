package dev.simclr.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class ModuleTest {

  private static Initializer init() {
    return new Initializer(0, Initializer.ENCODER, Variant.TORCHVISION);
  }

  private static Sequential network() {
    return new Sequential(List.of(new Conv2d(3, 4, 3, 1, 1, init()), new BatchNorm(4)));
  }

  /** Multiplies by a parameter and adds a buffer and a child's output. */
  private static final class Custom extends Module {
    private final Slot scale;
    private final Slot offset;

    Custom() {
      try (var _ = TensorScope.open()) {
        scale = parameter("scale", ParameterKind.WEIGHT, Tensor.full(2, DType.FLOAT32, 1));
        offset = buffer("offset", Tensor.full(5, DType.FLOAT32, 1));
        child("norm", new BatchNorm(1));
        // A name is taken once; what was refused stays with its scope.
        Tensor other = Tensor.full(1, DType.FLOAT32, 1);
        assertThrows(IllegalArgumentException.class, () -> buffer("scale", other));
        assertThrows(
            IllegalArgumentException.class, () -> parameter("offset", ParameterKind.WEIGHT, other));
        assertThrows(
            IllegalArgumentException.class, () -> child("norm", new Sequential(List.of())));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      return x.mul(scale.tensor()).add(offset.tensor());
    }
  }

  @Test
  void stateIsNamedAndOrderedAsInPyTorch() {
    try (Sequential network = network()) {
      assertEquals(
          List.of(
              "0.weight",
              "1.weight",
              "1.bias",
              "1.running_mean",
              "1.running_var",
              "1.num_batches_tracked"),
          List.copyOf(network.state().keySet()));
      assertEquals(
          List.of("0.weight", "1.weight", "1.bias"),
          List.copyOf(network.namedParameters().keySet()));
      assertEquals(
          network.namedParameters().keySet().stream().toList(),
          network.parameters().stream().map(Parameter::name).toList());
      assertEquals(
          List.of("1.running_mean", "1.running_var", "1.num_batches_tracked"),
          List.copyOf(network.namedBuffers().keySet()));
      assertEquals(4 * 3 * 9 + 4 + 4, network.parameterCount());
      network.namedParameters().values().forEach(p -> assertTrue(p.requiresGrad() && p.isLeaf()));
      network.namedBuffers().values().forEach(b -> assertFalse(b.requiresGrad()));
      assertSame(network.state().get("1.bias"), network.namedParameters().get("1.bias"));
    }
  }

  @Test
  void closingFreesTheTensorsOfAllChildrenAndUseAfterItIsAnException() {
    long before = Torch.liveHandles();
    Sequential network = network();
    assertEquals(before + 6, Torch.liveHandles());
    network.close();
    assertEquals(before, Torch.liveHandles());
    network.close();
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 1, 3, 4, 4);
      assertThrows(IllegalStateException.class, () -> network.forward(x));
      assertThrows(IllegalStateException.class, network::parameterCount);
    }
  }

  @Test
  void modulesOutliveTheScopeTheyWereMadeIn() {
    Sequential network;
    try (var _ = TensorScope.open()) {
      network = network();
    }
    try (network) {
      assertEquals(4, network.state().get("1.weight").numel());
      assertFalse(network.state().get("1.weight").isClosed());
    }
  }

  @Test
  void aSubclassRegistersParametersBuffersAndChildren() {
    try (Custom custom = new Custom();
        var _ = TensorScope.open()) {
      assertEquals(
          List.of(
              "scale",
              "offset",
              "norm.weight",
              "norm.bias",
              "norm.running_mean",
              "norm.running_var",
              "norm.num_batches_tracked"),
          List.copyOf(custom.state().keySet()));
      Tensor y = custom.forward(Tensor.full(3, DType.FLOAT32, 1));
      assertEquals(11, y.item());
      y.backward();
      assertEquals(3, custom.namedParameters().get("scale").grad().orElseThrow().item());
    }
  }

  @Test
  void theModeReachesAllChildren() {
    Conv2d convolution = new Conv2d(3, 4, 3, 1, 1, init());
    BatchNorm norm = new BatchNorm(4);
    try (Sequential inner = new Sequential(List.of(norm));
        Sequential network = new Sequential(List.of(convolution, inner))) {
      assertTrue(network.isTraining() && norm.isTraining());
      network.eval();
      assertFalse(network.isTraining() || convolution.isTraining() || norm.isTraining());
      network.train(true);
      assertTrue(norm.isTraining() && inner.isTraining());
    }
  }

  @Test
  void aMemoryFormatChangesConvolutionsOnly() {
    try (Sequential network = network();
        var _ = TensorScope.open()) {
      Tensor weight = network.state().get("0.weight");
      Tensor bias = network.state().get("1.bias");
      double[] values = weight.toDoubleArray();
      network.to(MemoryFormat.CHANNELS_LAST);
      Tensor moved = network.state().get("0.weight");
      assertTrue(moved.isChannelsLast() && moved.requiresGrad() && moved.isLeaf());
      assertNotSame(weight, moved);
      assertTrue(weight.isClosed(), "the old memory is free");
      assertArrayEquals(values, moved.toDoubleArray());
      assertSame(bias, network.state().get("1.bias"));
      Tensor y = network.forward(Tensor.ones(DType.FLOAT32, 2, 3, 4, 4));
      y.square().sum().backward();
      assertTrue(moved.grad().isPresent(), "layers compute with the tensor that replaced the old");
    }
  }

  @Test
  void aTypeChangesFloatingTensorsOnly() {
    try (Sequential network = network();
        var _ = TensorScope.open()) {
      network.to(DType.FLOAT64);
      for (Map.Entry<String, Tensor> entry : network.state().entrySet()) {
        DType expected = entry.getKey().endsWith("tracked") ? DType.INT64 : DType.FLOAT64;
        assertEquals(expected, entry.getValue().dtype(), entry.getKey());
      }
      Tensor y = network.forward(Tensor.ones(DType.FLOAT64, 2, 3, 4, 4));
      assertEquals(DType.FLOAT64, y.dtype());
      var e = assertThrows(IllegalArgumentException.class, () -> network.to(DType.INT64));
      assertEquals("dtype is int64; allowed: a floating type", e.getMessage());
    }
  }

  @Test
  void movingToWhereItIsKeepsItComputing() {
    try (Sequential network = network();
        var _ = TensorScope.open()) {
      double[] values = network.state().get("0.weight").toDoubleArray();
      network.to(Device.CPU);
      assertArrayEquals(values, network.state().get("0.weight").toDoubleArray());
      assertEquals(Device.CPU, network.state().get("0.weight").device());
      assertTrue(network.state().get("0.weight").requiresGrad());
    }
  }

  @Test
  void aSequenceOfNothingPassesOn() {
    try (Sequential empty = new Sequential(List.of());
        var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 1);
      assertSame(x, empty.forward(x));
    }
  }
}
