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

  @Test
  void sgdUpdatesWholeLists() {
    try (var _ = TensorScope.open()) {
      Tensor a = parameter(1, 2);
      Tensor b = parameter(10, -4);
      Tensor unused = Tensor.ones(DType.FLOAT32, 2).requiresGrad(true);
      TensorList params = TensorList.of(List.of(a, b, unused));
      TensorList buffers = zerosLike(a, b, unused);
      Optim.sgdStep(params, buffers, 0.5, 0.9, 0.1, false);
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
      Optim.larsStep(params, zerosLike(a), 0.5, 0.9, 0, 0.001, true, false);
      assertClose(new double[] {1 - 0.5 * 0.001, 1 - 0.5 * 0.001}, a);
      Tensor b = parameter(1, 2);
      Optim.adamwStep(
          TensorList.of(List.of(b)), zerosLike(b), zerosLike(b), 1, 0.1, 0.9, 0.999, 0, 0);
      assertClose(new double[] {0.9, 0.9}, b);
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
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> Optim.sgdStep(params, two, 0.1, 0, 0, false));
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
