package dev.simclr.eval;

import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Tests kNN classifiers with many settings at once: the neighbours of a query are found once for
 * each distance, and then vote under each setting.
 *
 * <p>With cosine similarity a neighbour votes with exp(cos / T), as in {@link KnnClassifier}, whose
 * results these are. With the Euclidean distance d it votes with 1 / (d + 1e-8), whatever T, as
 * solo-learn does; features are taken as they are then, and distances are computed in float64.
 */
public final class KnnSweep {
  private KnnSweep() {}

  /** What makes neighbours near. */
  public enum Distance {
    /** Angle: features are normalised. */
    COSINE,
    /** Euclidean distance. */
    EUCLIDEAN;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * How a classifier with one setting does.
   *
   * @param distance what makes neighbours near
   * @param k voters asked for; all training features vote when there are fewer
   * @param temperature T; absent for the Euclidean distance, which has none
   * @param accuracy top-1 and top-5
   */
  public record Row(Distance distance, int k, OptionalDouble temperature, Accuracy accuracy) {}

  /**
   * Tests all combinations.
   *
   * @param features training features, {@code [n, D]}, floating
   * @param labels their n classes, from 0
   * @param queries {@code [m, D]}, same type and device
   * @param queryLabels their m classes
   * @param distances at least one
   * @param ks numbers of voters, at least one, each 1 or more
   * @param temperatures at least one, each above 0
   * @return a row for each combination: by distance, then k, then temperature, in the orders given
   * @throws IllegalArgumentException when sizes do not fit together or a value is out of range
   */
  public static List<Row> run(
      Tensor features,
      int[] labels,
      Tensor queries,
      int[] queryLabels,
      List<Distance> distances,
      List<Integer> ks,
      List<Double> temperatures) {
    Labels.check(features, labels, "features", "labels");
    Labels.check(queries, queryLabels, "queries", "queryLabels");
    requireSome("distances", distances);
    requireSome("ks", ks);
    requireSome("temperatures", temperatures);
    // Refuses what is out of range.
    ks.forEach(k -> new KnnClassifier(k, 1));
    temperatures.forEach(t -> new KnnClassifier(1, t));
    List<Row> rows = new ArrayList<>();
    int most = Collections.max(ks);
    for (Distance distance : distances) {
      Neighbours neighbours = new Neighbours(distance, features, labels, most);
      List<Setting> settings = settings(distance, ks, temperatures);
      rows.addAll(test(neighbours, settings, queries, queryLabels));
    }
    return List.copyOf(rows);
  }

  private static void requireSome(String name, List<?> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(name + " is empty; allowed: at least one value");
    }
  }

  private record Setting(Distance distance, int k, OptionalDouble temperature) {}

  private static List<Setting> settings(
      Distance distance, List<Integer> ks, List<Double> temperatures) {
    List<Setting> settings = new ArrayList<>();
    for (int k : ks) {
      if (distance == Distance.EUCLIDEAN) {
        settings.add(new Setting(distance, k, OptionalDouble.empty()));
      } else {
        temperatures.forEach(t -> settings.add(new Setting(distance, k, OptionalDouble.of(t))));
      }
    }
    return settings;
  }

  private static List<Row> test(
      Neighbours neighbours, List<Setting> settings, Tensor queries, int[] queryLabels) {
    KnnRanks[] ranks = new KnnRanks[settings.size()];
    Arrays.setAll(ranks, _ -> new KnnRanks(queryLabels));
    neighbours.search(
        queries,
        (start, found) -> {
          for (int s = 0; s < ranks.length; s++) {
            Setting setting = settings.get(s);
            try (var _ = TensorScope.open()) {
              ranks[s].add(found.votes(setting.k(), setting.temperature()), start);
            }
          }
        });
    List<Row> rows = new ArrayList<>();
    for (int s = 0; s < ranks.length; s++) {
      Setting setting = settings.get(s);
      rows.add(
          new Row(setting.distance(), setting.k(), setting.temperature(), ranks[s].accuracy()));
    }
    return rows;
  }
}
