package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.TopK;
import java.util.ArrayList;
import java.util.Arrays;
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
  private static final long MAX_CHUNK_BYTES = 64L << 20;
  private static final double EPSILON = 1e-8;

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
    if (queries.size(1) != features.size(1)) {
      throw new IllegalArgumentException(
          "queries have shape "
              + Arrays.toString(queries.shape())
              + "; allowed: [m, "
              + features.size(1)
              + "]");
    }
    requireSome("distances", distances);
    requireSome("ks", ks);
    requireSome("temperatures", temperatures);
    // Refuses what is out of range.
    ks.forEach(k -> new KnnClassifier(k, 1));
    temperatures.forEach(t -> new KnnClassifier(1, t));
    List<Row> rows = new ArrayList<>();
    for (Distance distance : distances) {
      rows.addAll(
          new Search(distance, features, labels, ks, temperatures).run(queries, queryLabels));
    }
    return List.copyOf(rows);
  }

  private static void requireSome(String name, List<?> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(name + " is empty; allowed: at least one value");
    }
  }

  /** The neighbours for one distance. */
  private static final class Search {
    private final Distance distance;
    private final Tensor features;
    private final int[] labels;
    private final int classes;
    private final List<Row> settings = new ArrayList<>();
    private final long most;

    Search(
        Distance distance,
        Tensor features,
        int[] labels,
        List<Integer> ks,
        List<Double> temperatures) {
      this.distance = distance;
      this.features = features;
      this.labels = labels;
      this.classes = Arrays.stream(labels).max().orElseThrow() + 1;
      Accuracy none = new Accuracy(0, 0);
      for (int k : ks) {
        if (distance == Distance.EUCLIDEAN) {
          settings.add(new Row(distance, k, OptionalDouble.empty(), none));
        } else {
          temperatures.forEach(t -> settings.add(new Row(distance, k, OptionalDouble.of(t), none)));
        }
      }
      this.most = Math.min(ks.stream().mapToInt(k -> k).max().orElseThrow(), features.size(0));
    }

    List<Row> run(Tensor queries, int[] queryLabels) {
      int[] first = new int[settings.size()];
      int[] within5 = new int[settings.size()];
      long total = queries.size(0);
      long chunk = Math.max(1, MAX_CHUNK_BYTES / (8 * features.size(0)));
      try (var _ = TensorScope.open();
          var _ = GradMode.noGrad()) {
        Tensor bank = prepared(features);
        Tensor classOf = Labels.tensor(labels).to(features.device());
        for (long start = 0; start < total; start += chunk) {
          long rows = Math.min(chunk, total - start);
          try (var _ = TensorScope.open()) {
            TopK nearest = nearest(prepared(queries.narrow(0, start, rows)), bank);
            Tensor candidates =
                classOf.indexSelect(0, nearest.indices().reshape(-1)).reshape(rows, most);
            for (int s = 0; s < settings.size(); s++) {
              double[] tally = tally(settings.get(s), nearest.values(), candidates);
              for (int row = 0; row < rows; row++) {
                int label = queryLabels[(int) start + row];
                int rank = KnnClassifier.rank(tally, row * classes, classes, label);
                first[s] += rank == 0 ? 1 : 0;
                within5[s] += rank < KnnClassifier.TOP ? 1 : 0;
              }
            }
          }
        }
      }
      List<Row> result = new ArrayList<>();
      for (int s = 0; s < settings.size(); s++) {
        Row setting = settings.get(s);
        Accuracy accuracy = new Accuracy((double) first[s] / total, (double) within5[s] / total);
        result.add(new Row(distance, setting.k(), setting.temperature(), accuracy));
      }
      return result;
    }

    private Tensor prepared(Tensor rows) {
      return switch (distance) {
        case COSINE -> Nn.normalize(rows, 1);
        // In float32 the distance of near points would be a difference of large numbers.
        case EUCLIDEAN -> rows.to(DType.FLOAT64);
      };
    }

    /** Cosines, or negative squared distances, of the nearest, best first. */
    private TopK nearest(Tensor rows, Tensor bank) {
      Tensor products = rows.matmul(bank.t());
      Tensor similarity =
          switch (distance) {
            case COSINE -> products;
            case EUCLIDEAN ->
                products
                    .mul(2)
                    .sub(rows.square().sum(true, 1))
                    .sub(bank.square().sum(false, 1).unsqueeze(0));
          };
      return similarity.topk(most, 1, true, true);
    }

    /** Votes by class, row by row. */
    private double[] tally(Row setting, Tensor values, Tensor candidates) {
      try (var _ = TensorScope.open()) {
        long voters = Math.min(setting.k(), most);
        Tensor near = values.narrow(1, 0, voters);
        Tensor votes =
            switch (distance) {
              // Relative to the nearest, which changes no ratio of votes: exp(1 / T) may overflow.
              case COSINE ->
                  near.sub(near.narrow(1, 0, 1)).div(setting.temperature().orElseThrow()).exp();
              case EUCLIDEAN -> near.neg().clampMin(0).sqrt().add(EPSILON).reciprocal();
            };
        return Tensor.zeros(votes.dtype(), votes.device(), votes.size(0), classes)
            .scatterAdd_(1, candidates.narrow(1, 0, voters).contiguous(), votes)
            .toDoubleArray();
      }
    }
  }
}
