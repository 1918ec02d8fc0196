package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.model.Parameter;
import dev.simclr.model.ParameterKind;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class NonFiniteLossExceptionTest {

  private static Parameter weight(String name, float value) {
    Tensor tensor = Tensor.of(new float[] {1, value, 2}, 3).requiresGrad(true);
    return new Parameter(name, ParameterKind.WEIGHT, tensor);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aWeightThatIsNotFiniteAfterAStepIsNamed(float bad) {
    try (var _ = TensorScope.open()) {
      List<Parameter> weights = List.of(weight("conv1.weight", 0), weight("fc.weight", bad));
      var e =
          assertThrows(
              NonFiniteLossException.class, () -> NonFiniteLossException.requireFinite(weights, 7));
      assertEquals(7, e.step());
      assertEquals(List.of(), e.names());
      assertEquals(0, e.images().length);
      assertEquals(
          "after step 7, fc.weight is not finite; lower the learning rate or lengthen"
              + " the warm-up",
          e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 'a-0, a-1'", "4, 'a-0, a-1, a-2, a-3'", "7, 'a-0, a-1, a-2, a-3 and 3 more'"})
  void ofManyImagesAFewAreNamed(int count, String named) {
    SortedMap<Integer, String> images = new TreeMap<>();
    IntStream.range(0, count).forEach(i -> images.put(10 * i, "a-" + i));
    var e = new NonFiniteLossException(3, Double.NaN, 0.5, images);
    String message = e.getMessage();
    assertTrue(message.contains(" of the training images " + named + "; lower"), message);
    assertEquals(List.copyOf(images.values()), e.names());
    assertArrayEquals(IntStream.range(0, count).map(i -> 10 * i).toArray(), e.images());
  }

  @Test
  void finiteWeightsPass() {
    try (var _ = TensorScope.open()) {
      List<Parameter> weights = List.of(weight("a", Float.MAX_VALUE), weight("b", -0f));
      assertDoesNotThrow(() -> NonFiniteLossException.requireFinite(weights, 1));
    }
  }
}
