package dev.simclr.eval;

import dev.simclr.compute.TensorCache;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.TopK;
import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * Finds the nearest training features of queries and counts the votes of their classes, for as many
 * queries at a time as have 64 MiB of similarities, so that memory does not grow with the number of
 * queries.
 */
final class Neighbours {
  private static final long MAX_SIMILARITY_BYTES = 64L << 20;
  private static final double EPSILON = 1e-8;

  private final KnnSweep.Distance distance;
  private final Tensor features;
  private final int[] labels;
  private final int classes;
  private final long count;

  /** Takes some queries. */
  interface Visitor {
    /**
     * Takes queries.
     *
     * @param start the first query
     * @param found the nearest of it and those after it; valid during the call
     */
    void accept(int start, Found found);
  }

  /**
   * Creates the search.
   *
   * @param features training features, {@code [n, D]}, floating
   * @param labels their n classes, from 0
   * @param k nearest features looked for, at least 1; all n when there are fewer
   * @throws IllegalArgumentException when sizes do not fit together or a label is negative
   */
  Neighbours(KnnSweep.Distance distance, Tensor features, int[] labels, int k) {
    Labels.check(features, labels, "features", "labels");
    this.distance = distance;
    this.features = features;
    this.labels = labels;
    this.classes = Arrays.stream(labels).max().orElseThrow() + 1;
    this.count = Math.min(k, features.size(0));
  }

  /**
   * Looks for the nearest features of queries.
   *
   * @param queries {@code [m, D]}, type and device of the features
   * @param visitor called for some queries at a time, in order
   * @throws IllegalArgumentException if the queries have another shape
   */
  void search(Tensor queries, Visitor visitor) {
    if (queries.dim() != 2 || queries.size(1) != features.size(1)) {
      throw new IllegalArgumentException(
          "queries have shape "
              + Arrays.toString(queries.shape())
              + "; allowed: [m, "
              + features.size(1)
              + "]");
    }
    int total = Math.toIntExact(queries.size(0));
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        var _ = TensorCache.open(features.device())) {
      Tensor bank = prepared(features);
      Tensor classOf = Labels.tensor(labels).to(features.device());
      long rowBytes = bank.size(0) * bank.dtype().byteSize();
      long chunk = Math.max(1, MAX_SIMILARITY_BYTES / rowBytes);
      for (long start = 0; start < total; start += chunk) {
        long rows = Math.min(chunk, total - start);
        try (var _ = TensorScope.open()) {
          TopK nearest = nearest(prepared(queries.narrow(0, start, rows)), bank);
          Tensor candidates =
              classOf.indexSelect(0, nearest.indices().reshape(-1)).reshape(rows, count);
          visitor.accept((int) start, new Found(nearest.values(), candidates));
        }
      }
    }
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
    return similarity.topk(count, 1, true, true);
  }

  /** The nearest features of some queries. */
  final class Found {
    private final Tensor values;
    private final Tensor candidates;

    private Found(Tensor values, Tensor candidates) {
      this.values = values;
      this.candidates = candidates;
    }

    /**
     * Counts the votes of the k nearest.
     *
     * @param k voters, of which at most those that were looked for count
     * @param temperature T; not read for the Euclidean distance
     * @return votes by class, {@code [queries, classes]}, classes up to the largest label
     */
    Tensor votes(int k, OptionalDouble temperature) {
      long voters = Math.min(k, count);
      Tensor near = values.narrow(1, 0, voters);
      Tensor votes =
          switch (distance) {
            // Relative to the nearest, which changes no ratio of votes: exp(1 / T) may overflow.
            case COSINE -> near.sub(near.narrow(1, 0, 1)).div(temperature.orElseThrow()).exp();
            case EUCLIDEAN -> near.neg().clampMin(0).sqrt().add(EPSILON).reciprocal();
          };
      return Tensor.zeros(votes.dtype(), votes.device(), votes.size(0), classes)
          .scatterAdd_(1, candidates.narrow(1, 0, voters).contiguous(), votes);
    }
  }
}
