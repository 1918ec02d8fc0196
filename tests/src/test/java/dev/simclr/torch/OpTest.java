package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class OpTest {

  @Test
  void callsAnOperatorByName() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3}, 3);
      Op roll = Op.find("aten::roll", "");
      assertTrue(roll.schema().startsWith("aten::roll(Tensor self"), roll.schema());
      int before = scope.size();
      Tensor rolled = (Tensor) roll.call(x, List.of(1)).getFirst();
      assertArrayEquals(new float[] {3, 1, 2}, rolled.toFloatArray());
      assertEquals(before + 1, scope.size());
    }
  }

  @Test
  void severalResults() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 5, 3, 4}, 2, 2);
      List<Object> results = Op.find("aten::topk", "").call(x, 1);
      assertEquals(2, results.size());
      assertArrayEquals(new float[] {5, 4}, ((Tensor) results.get(0)).toFloatArray());
      assertArrayEquals(new long[] {1, 1}, ((Tensor) results.get(1)).toLongArray());
    }
  }

  @Test
  void argumentsByName() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 5, 3}, 3);
      List<Object> results =
          Op.find("aten::topk", "").call(List.of(x), Map.of("largest", false, "k", 2L));
      assertArrayEquals(new float[] {1, 3}, ((Tensor) results.getFirst()).toFloatArray());
    }
  }

  @Test
  void everyTypeOfArgument() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, -2}, 2);
      Op to = Op.find("aten::to", "dtype_layout");
      Tensor converted =
          (Tensor)
              to.call(
                      List.of(x),
                      Map.of(
                          "dtype", DType.FLOAT64,
                          "device", Device.CPU,
                          "copy", true,
                          "memory_format", MemoryFormat.CONTIGUOUS))
                  .getFirst();
      assertEquals(DType.FLOAT64, converted.dtype());

      Tensor added = (Tensor) Op.find("aten::add", "Scalar").call(x, 2, 1.5).getFirst();
      assertArrayEquals(new float[] {4, 1}, added.toFloatArray());

      Tensor scaled =
          (Tensor)
              Op.find("aten::gelu", "").call(List.of(x), Map.of("approximate", "tanh")).getFirst();
      assertEquals(2, scaled.numel());

      Tensor cat = (Tensor) Op.find("aten::cat", "").call(List.of(x, x), 0).getFirst();
      assertArrayEquals(new float[] {1, -2, 1, -2}, cat.toFloatArray());

      Tensor index = Tensor.of(new long[] {1}, 1);
      Tensor picked =
          (Tensor)
              Op.find("aten::index", "Tensor")
                  .call(x.view(1, 2), List.of(Optional.empty(), Optional.of(index)))
                  .getFirst();
      assertArrayEquals(new float[] {-2}, picked.toFloatArray());

      Tensor clamped =
          (Tensor) Op.find("aten::clamp", "").call(x, Optional.of(0), Optional.empty()).getFirst();
      assertArrayEquals(new float[] {1, 0}, clamped.toFloatArray());

      Tensor permuted =
          (Tensor) Op.find("aten::permute", "").call(x.view(1, 2), new long[] {1, 0}).getFirst();
      assertArrayEquals(new long[] {2, 1}, permuted.shape());
      Tensor up =
          (Tensor)
              Op.find("aten::upsample_nearest2d", "vec")
                  .call(x.view(1, 1, 1, 2), Optional.empty(), new double[] {2, 2})
                  .getFirst();
      assertArrayEquals(new long[] {1, 1, 2, 4}, up.shape());
    }
  }

  @Test
  void everyTypeOfResult() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {3, 4}, 2);
      assertEquals(2L, Op.find("aten::sym_size", "int").call(x, 0).getFirst());
      assertEquals(3.0, Op.find("aten::item", "").call(x.select(0, 0)).getFirst());
      assertEquals(true, Op.find("aten::is_floating_point", "").call(x).getFirst());
      List<?> halves =
          assertInstanceOf(List.class, Op.find("aten::chunk", "").call(x, 2).getFirst());
      assertEquals(4, ((Tensor) halves.get(1)).item());
      assertEquals(List.of(), Op.find("aten::_foreach_zero_", "").call(List.of(x)));
      assertEquals(0, x.sum().item());
    }
  }

  @Test
  void anUndefinedTensorIsAbsent() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 1, 1, 2, 2);
      Tensor w = Tensor.ones(DType.FLOAT32, 1, 1, 1, 1);
      List<Object> gradients =
          Op.find("aten::convolution_backward", "")
              .call(
                  x,
                  x,
                  w,
                  Optional.empty(),
                  List.of(1, 1),
                  List.of(0, 0),
                  List.of(1, 1),
                  false,
                  List.of(0, 0),
                  1,
                  List.of(true, false, false));
      assertInstanceOf(Tensor.class, gradients.get(0));
      assertEquals(Optional.empty(), gradients.get(1));
      assertEquals(Optional.empty(), gradients.get(2));
    }
  }

  @Test
  void anEmptyListFitsEveryListType() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 2, 2);
      assertEquals(
          4, ((Tensor) Op.find("aten::sum", "dim_IntList").call(x, List.of()).getFirst()).item());
      TorchException e =
          assertThrows(TorchException.class, () -> Op.find("aten::cat", "").call(List.of(), 0));
      assertTrue(e.getMessage().contains("non-empty list of Tensors"), e.getMessage());
    }
  }

  @Test
  void unknownNamesSayWhatExists() {
    TorchException e = assertThrows(TorchException.class, () -> Op.find("aten::no_such_thing", ""));
    assertEquals(TorchException.Kind.NOT_FOUND, e.kind());
    assertTrue(e.getMessage().contains("aten::no_such_thing"), e.getMessage());
    e = assertThrows(TorchException.class, () -> Op.find("aten::add", "Nonsense"));
    assertEquals(TorchException.Kind.NOT_FOUND, e.kind());
    assertTrue(e.getMessage().contains("'Scalar'"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Op.find("aten::add\0", ""));
  }

  @Test
  void wrongCallsNameTheArgument() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 3);
      Op topk = Op.find("aten::topk", "");
      assertInvalid("'k'", () -> topk.call(x));
      assertInvalid("'k'", () -> topk.call(x, "one"));
      assertInvalid("'self'", () -> topk.call(1, 1));
      assertInvalid("'self'", () -> topk.call(Optional.empty(), 1));
      assertInvalid("at most 5", () -> topk.call(x, 1, 0, true, true, 1));
      assertInvalid("biggest", () -> topk.call(List.of(x, 1), Map.of("biggest", true)));
      assertInvalid("'k'", () -> topk.call(List.of(x, 1), Map.of("k", 1)));
      assertInvalid("'dims'", () -> Op.find("aten::permute", "").call(x, List.of(x)));
      assertInvalid("'dtype'", () -> Op.find("aten::to", "dtype").call(x, Device.CPU));
    }
  }

  @Test
  void failuresOfTheOperatorKeepTheirKind() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 2, 3);
      TorchException e =
          assertThrows(TorchException.class, () -> Op.find("aten::mm", "").call(x, x));
      assertTrue(e.getMessage().contains("aten::mm"), e.getMessage());
      assertEquals(TorchException.Kind.SHAPE, e.kind());
    }
  }

  @Test
  void javaTypesThatNoOperatorTakes() {
    try (var _ = TensorScope.open()) {
      Op neg = Op.find("aten::neg", "");
      assertThrows(IllegalArgumentException.class, () -> neg.call(new Object()));
      assertThrows(IllegalArgumentException.class, () -> neg.call('c'));
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> neg.call(List.of(1, "two")));
      assertTrue(e.getMessage().contains("String"), e.getMessage());
    }
  }

  @Test
  void withoutAScopeNothingIsCalled() {
    Tensor x;
    try (var _ = TensorScope.open()) {
      x = Tensor.ones(DType.FLOAT32, 1).retain();
    }
    assertThrows(IllegalStateException.class, () -> Op.find("aten::zero_", "").call(x));
    assertEquals(1, x.item());
    x.close();
  }

  private static void assertInvalid(String words, Runnable call) {
    TorchException e = assertThrows(TorchException.class, call::run);
    assertEquals(TorchException.Kind.INVALID_ARGUMENT, e.kind(), e.getMessage());
    assertTrue(e.getMessage().contains(words), e.getMessage());
  }
}
