package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The calls and their lists; what the steps compute is tested with the optimizers. */
@ExtendWith(LeakCheck.class)
class OptimTest {

  private static Tensor parameter(double value, double gradient) {
    Tensor w = Tensor.full(value, DType.FLOAT32, 2).requiresGrad(true);
    w.setGrad(Tensor.full(gradient, DType.FLOAT32, 2));
    return w;
  }

  private static TensorList zerosLike(Tensor... params) {
    return TensorList.of(Arrays.stream(params).map(Tensor::zerosLike).toList());
  }

  private static Tensor lr(double value) {
    return Tensor.full(value, DType.FLOAT64);
  }

  @Test
  void sgdUpdatesWholeLists() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 2);
      Tensor b = parameter(10, -4);
      Tensor unused = Tensor.ones(DType.FLOAT32, 2).requiresGrad(true);
      TensorList params = TensorList.of(List.of(a, b, unused));
      TensorList buffers = zerosLike(a, b, unused);
      Optim.sgdStep(params, buffers, OptimGroups.all(params, 0.1, false), lr(0.5), 0.9, false);
      assertClose(new double[] {1 - 0.5 * 2.1, 1 - 0.5 * 2.1}, a);
      assertClose(new double[] {10 + 0.5 * 3, 10 + 0.5 * 3}, b);
      assertClose(new double[] {1, 1}, unused);
      assertClose(new double[] {2.1, 2.1}, buffers.tensors().getFirst());
      assertTrue(a.requiresGrad() && a.isLeaf());
    }
  }

  @Test
  void larsAndAdamwAreReached() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 2);
      TensorList params = TensorList.of(List.of(a));
      OptimGroups groups = OptimGroups.all(params, 0, true);
      Optim.larsStep(params, zerosLike(a), groups, lr(0.5), 0.9, 0.001, false);
      assertClose(new double[] {1 - 0.5 * 0.001, 1 - 0.5 * 0.001}, a);
      Tensor b = parameter(1, 2);
      Optim.adamwStep(
          TensorList.of(List.of(b)), zerosLike(b), zerosLike(b), groups, 1, lr(0.1), 0.9, 0.999, 0);
      assertClose(new double[] {0.9, 0.9}, b);
    }
  }

  @Test
  void groupsHaveOptionsOfTheirOwn() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 2);
      Tensor b = parameter(1, 2);
      Tensor c = parameter(1, 2);
      TensorList params = TensorList.of(List.of(a, b, c));
      OptimGroups groups =
          OptimGroups.of(
              List.of(
                  new OptimGroups.Group(1, 0.5, true),
                  new OptimGroups.Group(0, 9, true),
                  new OptimGroups.Group(2, 0.25, false)));
      assertEquals(3, groups.size());
      Optim.larsStep(params, zerosLike(a, b, c), groups, lr(0.5), 0, 0.001, false);
      assertClose(new double[] {1 - 0.5 * 0.001, 1 - 0.5 * 0.001}, a);
      for (Tensor excluded : List.of(b, c)) {
        assertClose(new double[] {1 - 0.5 * 2.25, 1 - 0.5 * 2.25}, excluded);
      }
    }
  }

  @Test
  void groupsMustFitTheirList() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 1);
      TensorList params = TensorList.of(List.of(a));
      TensorList buffers = zerosLike(a);
      Tensor lr = lr(0.1);
      for (OptimGroups groups :
          List.of(
              OptimGroups.of(List.of()),
              OptimGroups.of(List.of(new OptimGroups.Group(2, 0, false))),
              OptimGroups.of(List.of(new OptimGroups.Group(-1, 0, false))),
              OptimGroups.all(params, Double.NaN, false))) {
        TorchException e =
            assertThrows(
                TorchException.class, () -> Optim.sgdStep(params, buffers, groups, lr, 0.9, false));
        assertEquals(TorchException.Kind.INVALID_ARGUMENT, e.kind());
      }
      assertClose(new double[] {1, 1}, a);
    }
  }

  @Test
  void gradientsOfAList() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(0, 1);
      Tensor b = parameter(0, 7);
      TensorList params = TensorList.of(List.of(a, b));
      assertEquals(10, Optim.gradNorm(params), 1e-5);
      Optim.zeroGrad(params);
      assertEquals(Optional.empty(), a.grad());
      assertEquals(Optional.empty(), b.grad());
      assertEquals(0, Optim.gradNorm(params));
      assertEquals(0, Optim.gradNorm(TensorList.of(List.of())));
    }
  }

  @Test
  void movingAverages() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 0);
      TensorList averages = zerosLike(a);
      Optim.emaUpdate(averages, TensorList.of(List.of(a)), 0.75);
      Optim.emaUpdate(averages, TensorList.of(List.of(a)), 0.75);
      assertClose(new double[] {0.4375, 0.4375}, averages.tensors().getFirst());
    }
  }

  @Test
  void listsMustHaveOneLength() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 1);
      TensorList params = TensorList.of(List.of(a));
      TensorList two = zerosLike(a, a);
      OptimGroups groups = OptimGroups.all(params, 0, false);
      Tensor lr = lr(0.1);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> Optim.sgdStep(params, two, groups, lr, 0, false));
      assertEquals(
          "momentumBuffers: 2 tensors, must be one for each of 1 parameters", e.getMessage());
      assertClose(new double[] {1, 1}, a);
    }
  }

  @Test
  void aClosedTensorInAListIsAnException() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 1);
      Tensor b = parameter(1, 1);
      TensorList params = TensorList.of(List.of(a, b));
      b.close();
      assertThrows(IllegalStateException.class, () -> Optim.zeroGrad(params));
      assertThrows(IllegalStateException.class, () -> TensorList.of(List.of(b)));
      assertTrue(a.grad().isPresent());
    }
  }
}
