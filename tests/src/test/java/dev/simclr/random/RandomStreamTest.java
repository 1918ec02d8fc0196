package dev.simclr.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RandomStreamTest {
  private static RandomStream stream() {
    return new RandomStream().at(42, Purpose.AUGMENT, 1, 2, 0);
  }

  @Test
  void wordsAreTheBlocksInOrder() {
    RandomStream random = stream();
    int[] block = new int[4];
    for (int b = 0; b < 3; b++) {
      Philox.words(42, Purpose.AUGMENT, 1, 2, 0, b, block);
      for (int word : block) {
        assertEquals(word, random.nextWord());
      }
    }
  }

  @Test
  void floatsAndDoublesAreUniform() {
    RandomStream random = stream();
    int n = 100_000;
    double sumFloat = 0;
    double sumDouble = 0;
    for (int i = 0; i < n / 4; i++) {
      float f = random.nextFloat();
      double d = random.nextDouble();
      assertTrue(f >= 0 && f < 1 && d >= 0 && d < 1);
      sumFloat += f;
      sumDouble += d;
    }
    // Four standard errors of a mean of 25,000 uniform numbers.
    assertEquals(0.5, sumFloat / (n / 4), 4 * Math.sqrt(1.0 / 12 / (n / 4)));
    assertEquals(0.5, sumDouble / (n / 4), 4 * Math.sqrt(1.0 / 12 / (n / 4)));
  }

  @Test
  void boundedIntegersHitEveryValueEquallyOften() {
    RandomStream random = new RandomStream();
    int bound = 7;
    int draws = 70_000;
    int[] counts = new int[bound];
    for (int i = 0; i < draws; i++) {
      counts[random.at(3, Purpose.SPLIT, 0, i, 0).nextInt(bound)]++;
    }
    double chiSquare = 0;
    for (int count : counts) {
      double expected = (double) draws / bound;
      chiSquare += (count - expected) * (count - expected) / expected;
    }
    // 99.9 % quantile of chi-square with 6 degrees of freedom.
    assertTrue(chiSquare < 22.46, "chi-square " + chiSquare);
    assertThrows(IllegalArgumentException.class, () -> random.nextInt(0));
  }

  @Test
  void aKeyThatIsUsedUpIsAnError() {
    RandomStream random = stream();
    for (int i = 0; i < 4 * 65536; i++) {
      random.nextWord();
    }
    assertThrows(IllegalStateException.class, random::nextWord);
  }
}
