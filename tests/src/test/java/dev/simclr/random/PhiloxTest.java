package dev.simclr.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PhiloxTest {
  private static int[] words(int c0, int c1, int c2, int c3, int k0, int k1) {
    int[] out = new int[4];
    Philox.words(c0, c1, c2, c3, k0, k1, out);
    return out;
  }

  /** The known answers of Random123's kat_vectors file. */
  @Test
  void knownAnswers() {
    assertArrayEquals(
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, words(0, 0, 0, 0, 0, 0));
    assertArrayEquals(
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, words(-1, -1, -1, -1, -1, -1));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        words(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
  }

  @Test
  void aKeyIsTheDocumentedCounter() {
    int[] out = new int[4];
    Philox.words(0x1122334455667788L, Purpose.AUGMENT, 0x99AABBCCDDL, 7, 3, 5, out);
    assertArrayEquals(words(0x01030005, 7, 0xAABBCCDD, 0x99, 0x55667788, 0x11223344), out);
  }

  @Test
  void viewAndBlockOutOfRangeAreRefused() {
    int[] out = new int[4];
    assertThrows(
        IllegalArgumentException.class, () -> Philox.words(0, Purpose.INIT, 0, 0, 256, 0, out));
    assertThrows(
        IllegalArgumentException.class, () -> Philox.words(0, Purpose.INIT, 0, 0, 0, 65536, out));
  }
}
