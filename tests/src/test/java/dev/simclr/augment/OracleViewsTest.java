package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
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
    return Stream.concat(
        FixtureViews.torchvision().stream(), FixtureViews.tensorflow().stream());
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
      for (Isa isa : EngineViews.ISAS) {
        String what = view.label() + ", " + layout + ", " + isa;
        assertClose(view.pixels(layout), engine(view, format, isa), view.tolerance(), 0, what);
      }
    }
  }

  private static double[] engine(FixtureViews.View view, ViewFormat format, Isa isa) {
    if (view.params().isPresent()) {
      return EngineViews.view(
          format, isa, view.image(), view.height(), view.width(), view.params().get());
    }
    // torchvision's Resize of the short side and CenterCrop.
    int size = view.size();
    long side = size <= 32 ? size : Math.round(size * 8 / 7.0);
    int shorter = Math.min(view.height(), view.width());
    long fullHeight = side * view.height() / shorter;
    long fullWidth = side * view.width() / shorter;
    return EngineViews.window(
        format,
        isa,
        view.image(),
        view.height(),
        view.width(),
        fullHeight,
        fullWidth,
        (long) Math.rint((fullHeight - size) / 2.0),
        (long) Math.rint((fullWidth - size) / 2.0));
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
