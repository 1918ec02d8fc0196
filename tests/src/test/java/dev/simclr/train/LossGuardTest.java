package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class LossGuardTest {
  private static final int ROWS = 6;

  /** Two views of three images, which are numbered through all batches. */
  private static SortedMap<Integer, String> images(long batch, int[] rows) {
    SortedMap<Integer, String> found = new TreeMap<>();
    for (int row : rows) {
      int image = Math.toIntExact(batch) * 3 + row % 3;
      found.put(image, "image-" + image);
    }
    return found;
  }

  private static LossGuard guard(LossGuard.Mode mode) {
    return new LossGuard(Device.CPU, mode, LossGuardTest::images);
  }

  /** Projections with a number at the given rows. */
  private static Tensor projections(double number, int... rows) {
    Tensor z = Tensor.ones(DType.FLOAT32, ROWS, 2);
    for (int row : rows) {
      z.select(0, row).select(0, row % 2).fill_(number);
    }
    return z.requiresGrad(true);
  }

  private static void observe(LossGuard guard, long batch, double loss, Tensor projections) {
    // Two batches a step.
    guard.observe(
        batch / 2 + 1, batch, projections, Tensor.scalar(loss, DType.FLOAT32), 0.25 / (batch + 1));
  }

  private static void assertFirst(NonFiniteLossException e, double loss) {
    assertEquals(3, e.step());
    assertArrayEquals(new int[] {15, 17}, e.images());
    assertEquals(List.of("image-15", "image-17"), e.names());
    assertEquals(
        "the loss is "
            + loss
            + " at step 3 (learning rate "
            + 0.25 / 6
            + "), with projections that are not finite of the training images image-15, image-17;"
            + " lower optim.lr, lengthen optim.warmup_epochs or set train.precision=float32",
        e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void theFirstIsReportedLater(double loss) {
    try (var _ = TensorScope.open();
        var guard = guard(LossGuard.Mode.DEFERRED)) {
      for (int batch = 0; batch < 5; batch++) {
        observe(guard, batch, batch, projections(3e38));
        assertDoesNotThrow(guard::check);
      }
      observe(guard, 5, loss, projections(Double.NEGATIVE_INFINITY, 2, 3, 5));
      // What follows has weights that are not finite, or recovers; neither counts.
      observe(guard, 6, Double.NaN, projections(Double.NaN, 0, 1, 2, 3, 4, 5));
      observe(guard, 7, 1, projections(1));
      observe(guard, 8, Double.POSITIVE_INFINITY, projections(Double.NaN, 4));
      assertFirst(assertThrows(NonFiniteLossException.class, guard::check), loss);
      assertFirst(assertThrows(NonFiniteLossException.class, guard::check), loss);
    }
  }

  @Test
  void aLossOnTheCpuIsReportedAtOnce() {
    assertEquals(LossGuard.Mode.IMMEDIATE, LossGuard.Mode.of(Device.CPU));
    assertEquals(LossGuard.Mode.DEFERRED, LossGuard.Mode.of(Device.cuda(0)));
    try (var _ = TensorScope.open();
        var guard = guard(LossGuard.Mode.IMMEDIATE)) {
      observe(guard, 4, 1, projections(1));
      Tensor bad = projections(Double.NaN, 0, 2, 3);
      assertFirst(
          assertThrows(NonFiniteLossException.class, () -> observe(guard, 5, Double.NaN, bad)),
          Double.NaN);
      assertDoesNotThrow(guard::check);
    }
  }

  @ParameterizedTest
  @EnumSource(LossGuard.Mode.class)
  void aLossOfFiniteProjectionsNamesNoImage(LossGuard.Mode mode) {
    try (var _ = TensorScope.open();
        var guard = guard(mode)) {
      var e =
          assertThrows(
              NonFiniteLossException.class,
              () -> {
                observe(guard, 0, Double.POSITIVE_INFINITY, projections(3e38, 1));
                guard.check();
              });
      assertEquals(1, e.step());
      assertEquals(0, e.images().length);
      assertEquals(List.of(), e.names());
    }
  }

  @Test
  void projectionsAreNotNeeded() {
    try (var _ = TensorScope.open();
        var guard = guard(LossGuard.Mode.DEFERRED)) {
      guard.observe(1, Tensor.scalar(2, DType.FLOAT64), 0.5);
      guard.observe(2, Tensor.scalar(Double.NaN, DType.FLOAT64), 0.5);
      var e = assertThrows(NonFiniteLossException.class, guard::check);
      assertEquals(2, e.step());
      assertEquals(List.of(), e.names());
    }
  }
}
