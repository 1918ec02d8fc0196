package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class PluralTest {
  @Test
  void oneThingHasNoEnding() {
    assertEquals("1 step", Plural.of(1, "step"));
    assertEquals("0 steps", Plural.of(0, "step"));
    assertEquals("2,000 steps", Plural.of(2000, "step"));
    assertEquals("1 class", Plural.of(1, "class"));
    assertEquals("10 classes", Plural.of(10, "class"));
  }

  @Test
  void imagesAreCountedBySplit() {
    assertEquals("1 training and 1 test image", Plural.trainAndTest(1, 1));
    assertEquals("50,000 training and 0 test images", Plural.trainAndTest(50_000, 0));
    assertEquals("1 training image, 2 test images, 1 class", Plural.images(1, 2, 1));
    assertEquals("1 of 40 training images, 1 test image, 2 classes", Plural.images(1, 40, 1, 2));
  }
}
