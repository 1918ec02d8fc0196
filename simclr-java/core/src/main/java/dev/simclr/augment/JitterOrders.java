package dev.simclr.augment;

import java.util.ArrayList;
import java.util.List;

/**
 * The 24 orders of the four operations of a jitter, in lexicographic order: brightness, contrast,
 * saturation and hue have the numbers 0 to 3, as in torchvision's {@code ColorJitter} and in the
 * reference.
 */
final class JitterOrders {
  static final int BRIGHTNESS = 0;
  static final int CONTRAST = 1;
  static final int SATURATION = 2;
  static final int HUE = 3;

  private static final int[][] ORDERS = orders();

  private JitterOrders() {}

  static int count() {
    return ORDERS.length;
  }

  /** The numbers of the operations in an order, 0 to {@link #count()} - 1; not to be changed. */
  static int[] order(int index) {
    return ORDERS[index];
  }

  private static int[][] orders() {
    List<int[]> orders = new ArrayList<>();
    for (int a = 0; a < 4; a++) {
      for (int b = 0; b < 4; b++) {
        for (int c = 0; c < 4; c++) {
          int d = 6 - a - b - c;
          if (a != b && a != c && b != c) {
            orders.add(new int[] {a, b, c, d});
          }
        }
      }
    }
    return orders.toArray(int[][]::new);
  }
}
