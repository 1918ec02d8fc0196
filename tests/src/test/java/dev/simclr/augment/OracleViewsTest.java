package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The engine, with each instruction set, and the reference, against torchvision's and TensorFlow's
 * results for the same parameters: every operation alone, and chains.
 */
class OracleViewsTest {

  private static Stream<FixtureViews.View> views() {
    return Stream.concat(FixtureViews.torchvision().stream(), FixtureViews.tensorflow().stream());
  }

  private static ViewFormat format(FixtureViews.View view, PixelLayout layout) {
    return new ViewFormat(
        view.size(), DType.FLOAT32, layout, view.interpolation(), view.normalization());
  }

  @TestFactory
  Stream<DynamicTest> referenceAgrees() {
    return views()
        .filter(view -> view.params().isPresent())
        .map(view -> dynamicTest(view.label(), () -> checkReference(view)));
  }

  private static void checkReference(FixtureViews.View view) {
    ViewFormat format = format(view, PixelLayout.CONTIGUOUS);
    double[] actual =
        new ReferenceAugmenter(format)
            .view(view.image(), view.height(), view.width(), view.params().orElseThrow());
    assertClose(view.pixels(), actual, view.tolerance(), 0, view.label());
  }

  @TestFactory
  Stream<DynamicTest> engineAgrees() {
    return views().map(view -> dynamicTest(view.label(), () -> checkEngine(view)));
  }

  private static void checkEngine(FixtureViews.View view) {
    for (PixelLayout layout : PixelLayout.values()) {
      ViewFormat format = format(view, layout);
      for (Isa isa : EngineIsas.available()) {
        double[] actual =
            view.params().isPresent()
                ? EngineViews.view(
                    format, isa, view.image(), view.height(), view.width(), view.params().get())
                : evaluation(format, view);
        String what = view.label() + ", " + layout + ", " + isa;
        assertClose(view.pixels(layout), actual, view.tolerance(), 0, what);
      }
    }
  }

  private static double[] evaluation(ViewFormat format, FixtureViews.View view) {
    MemorySegment out = MemorySegment.ofArray(new float[format.values()]);
    new EvalTransform(format).apply(view.image(), view.height(), view.width(), out, 0);
    return EngineViews.values(format, out);
  }

  /** Otherwise nothing above shows what the largest channel is after a change of hue. */
  @Test
  void hueOfOvershootIsNotClampedByTorchvision() {
    FixtureViews.View view =
        FixtureViews.torchvision().stream()
            .filter(v -> v.label().contains("HUE of overshoot"))
            .findFirst()
            .orElseThrow();
    assertTrue(Arrays.stream(view.pixels()).max().orElseThrow() > 1.01);
    assertEquals(0, Arrays.stream(view.pixels()).filter(x -> x < 0).count());
  }
}
