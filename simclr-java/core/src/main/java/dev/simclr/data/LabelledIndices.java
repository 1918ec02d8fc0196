package dev.simclr.data;

import dev.simclr.random.Purpose;
import dev.simclr.random.RandomStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Random choices of labelled samples, the same number or share of each class. What is drawn is a
 * function of the seed and of the labels alone: Philox numbers of {@link Purpose#SPLIT}, keyed by
 * the class. Samples without a label belong to no choice.
 */
public final class LabelledIndices {
  private LabelledIndices() {}

  /**
   * Two parts of a set of samples, each in ascending order.
   *
   * @param first what is not held out
   * @param second what is held out
   */
  public record Parts(int[] first, int[] second) {}

  /**
   * Holds out a share of each class, rounded to whole samples.
   *
   * @param labels classes below {@code classes}, or {@link ImageDataset#UNLABELLED}
   * @param share of each class for the second part, 0 to 1
   * @param seed determines the choice
   * @throws IllegalArgumentException if the share or a label is out of range
   */
  public static Parts split(int[] labels, int classes, double share, long seed) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share is " + share + "; allowed: 0 to 1");
    }
    List<Integer> kept = new ArrayList<>();
    List<Integer> held = new ArrayList<>();
    for (int[] members : shuffled(labels, classes, seed)) {
      int count = (int) Math.rint(share * members.length);
      for (int i = 0; i < members.length; i++) {
        (i < count ? held : kept).add(members[i]);
      }
    }
    return new Parts(sorted(kept), sorted(held));
  }

  /**
   * Chooses the same number of samples of each class. With one seed, a smaller choice is part of a
   * larger one.
   *
   * @param labels classes below {@code classes}, or {@link ImageDataset#UNLABELLED}
   * @param count samples of each class, at least 1
   * @param seed determines the choice
   * @return indices in ascending order
   * @throws IllegalArgumentException if a class has fewer samples, or a value is out of range
   */
  public static int[] perClass(int[] labels, int classes, int count, long seed) {
    if (count < 1) {
      throw new IllegalArgumentException("count is " + count + "; allowed: 1 or more");
    }
    List<Integer> chosen = new ArrayList<>();
    int[][] byClass = shuffled(labels, classes, seed);
    for (int c = 0; c < classes; c++) {
      if (byClass[c].length < count) {
        throw new IllegalArgumentException(
            "count is " + count + ", but class " + c + " has " + byClass[c].length + " samples");
      }
      for (int i = 0; i < count; i++) {
        chosen.add(byClass[c][i]);
      }
    }
    return sorted(chosen);
  }

  /** Returns the samples of each class in random order. */
  private static int[][] shuffled(int[] labels, int classes, long seed) {
    int[] counts = new int[classes];
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < ImageDataset.UNLABELLED || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "labels[" + i + "] is " + labels[i] + "; allowed: -1 to " + (classes - 1));
      }
      if (labels[i] >= 0) {
        counts[labels[i]]++;
      }
    }
    int[][] members = new int[classes][];
    Arrays.setAll(members, c -> new int[counts[c]]);
    for (int i = labels.length - 1; i >= 0; i--) {
      if (labels[i] >= 0) {
        members[labels[i]][--counts[labels[i]]] = i;
      }
    }
    RandomStream random = new RandomStream();
    for (int c = 0; c < classes; c++) {
      int[] own = members[c];
      // A key has 262,144 words, fewer than a class may have samples.
      for (int i = own.length - 1; i > 0; i--) {
        int other = random.at(seed, Purpose.SPLIT, i, c, 0).nextInt(i + 1);
        int swapped = own[i];
        own[i] = own[other];
        own[other] = swapped;
      }
    }
    return members;
  }

  private static int[] sorted(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).sorted().toArray();
  }
}
