package dev.simclr.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/**
 * Finds the valid name that a mistyped one most likely stands for: one that it is the beginning of,
 * or else the nearest by edit distance.
 */
final class NearestName {
  // Shorter beginnings are those of too many names.
  private static final int SHORTEST_BEGINNING = 3;

  private NearestName() {}

  /**
   * The closest of {@code valid}, or empty if nothing is closer than rewriting most of the name.
   */
  static Optional<String> of(String name, Collection<String> valid) {
    // Of loss.temp, what comes after the section counts.
    boolean begins = name.length() - name.lastIndexOf('.') - 1 >= SHORTEST_BEGINNING;
    Comparator<String> nearest =
        Comparator.comparingInt((String v) -> distance(name, v)).thenComparing(v -> v);
    return valid.stream()
        .filter(v -> begins && v.startsWith(name))
        .min(nearest)
        .or(() -> nearest(name, valid, nearest));
  }

  private static Optional<String> nearest(
      String name, Collection<String> valid, Comparator<String> nearest) {
    return valid.stream()
        .min(nearest)
        .filter(v -> distance(name, v) <= Math.max(2, Math.max(name.length(), v.length()) / 2));
  }

  /** Optimal string alignment distance: insert, delete, replace, swap neighbours. */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(replace, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
