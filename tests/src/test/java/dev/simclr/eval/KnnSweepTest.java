package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.eval.KnnSweep.Distance;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class KnnSweepTest {
  private static final int DIM = FixturePoints.DIM;
  private static final List<Integer> KS = List.of(1, 7, 50, 1000);
  private static final List<Double> TS = List.of(0.07, 0.5);

  private static double distance(FixturePoints a, int i, FixturePoints b, int j) {
    double sum = 0;
    for (int d = 0; d < DIM; d++) {
      sum += Math.pow(a.values()[i * DIM + d] - b.values()[j * DIM + d], 2);
    }
    return Math.sqrt(sum);
  }

  /** Accuracy by loops over all pairs. */
  private static Accuracy euclidean(FixturePoints train, FixturePoints test, int k) {
    int first = 0;
    int within5 = 0;
    for (int q = 0; q < test.labels().length; q++) {
      int query = q;
      double[] votes = new double[FixturePoints.CLASSES];
      IntStream.range(0, train.labels().length)
          .boxed()
          .sorted(Comparator.comparingDouble(i -> distance(test, query, train, i)))
          .limit(k)
          .forEach(i -> votes[train.labels()[i]] += 1 / (distance(test, query, train, i) + 1e-8));
      double own = votes[test.labels()[q]];
      long before = IntStream.range(0, votes.length).filter(c -> votes[c] > own).count();
      first += own > 0 && before == 0 ? 1 : 0;
      within5 += own > 0 && before < 5 ? 1 : 0;
    }
    double total = test.labels().length;
    return new Accuracy(first / total, within5 / total);
  }

  @Test
  void euclideanVotesAreThoseOfLoops() {
    FixturePoints train = FixturePoints.train();
    FixturePoints test = FixturePoints.test();
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      try (var _ = TensorScope.open()) {
        List<KnnSweep.Row> rows =
            KnnSweep.run(
                train.tensor(dtype),
                train.labels(),
                test.tensor(dtype),
                test.labels(),
                List.of(Distance.EUCLIDEAN),
                KS,
                TS);
        assertEquals(KS.size(), rows.size(), "the Euclidean distance has no temperature");
        for (int i = 0; i < KS.size(); i++) {
          assertEquals(
              new KnnSweep.Row(
                  Distance.EUCLIDEAN,
                  KS.get(i),
                  OptionalDouble.empty(),
                  euclidean(train, test, KS.get(i))),
              rows.get(i));
        }
        assertTrue(rows.stream().map(KnnSweep.Row::accuracy).distinct().count() > 1);
      }
    }
  }

  /** A training point far from the origin is its own nearest neighbour, at distance 0. */
  @Test
  void pointsAtDistanceZeroDecide() {
    FixturePoints train = FixturePoints.train();
    try (var _ = TensorScope.open()) {
      Tensor far = train.tensor(DType.FLOAT32).add(1000);
      List<KnnSweep.Row> rows =
          KnnSweep.run(
              far,
              train.labels(),
              far,
              train.labels(),
              List.of(Distance.EUCLIDEAN),
              List.of(1, 300),
              TS);
      assertEquals(1, rows.get(0).accuracy().top1());
      assertEquals(1, rows.get(1).accuracy().top1());
    }
  }

  @Test
  void cosineRowsAreThoseOfSingleClassifiers() {
    FixturePoints train = FixturePoints.train();
    FixturePoints test = FixturePoints.test();
    try (var _ = TensorScope.open()) {
      Tensor features = train.tensor(DType.FLOAT32);
      Tensor queries = test.tensor(DType.FLOAT32);
      List<KnnSweep.Row> rows =
          KnnSweep.run(
              features,
              train.labels(),
              queries,
              test.labels(),
              List.of(Distance.COSINE, Distance.EUCLIDEAN),
              KS,
              TS);
      assertEquals(KS.size() * TS.size() + KS.size(), rows.size());
      int next = 0;
      for (int k : KS) {
        for (double t : TS) {
          Accuracy alone =
              new KnnClassifier(k, t).evaluate(features, train.labels(), queries, test.labels());
          assertEquals(
              new KnnSweep.Row(Distance.COSINE, k, OptionalDouble.of(t), alone), rows.get(next++));
        }
      }
    }
  }

  /** NaN is less than nothing, so it would come first. */
  @Test
  void featuresOfABrokenEncoderFindNothing() {
    try (var _ = TensorScope.open()) {
      int[] labels = {0, 1, 1};
      Tensor x = Tensor.full(Double.NaN, DType.FLOAT32, 3, 2);
      List<KnnSweep.Row> rows =
          KnnSweep.run(x, labels, x, labels, List.of(Distance.values()), List.of(2), TS);
      for (KnnSweep.Row row : rows) {
        assertEquals(new Accuracy(0, 0), row.accuracy(), row.distance().toString());
      }
      assertEquals(new Accuracy(0, 0), new KnnClassifier().evaluate(x, labels, x, labels));
    }
  }

  @Test
  void refusesWhatCannotVote() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 2, 3);
      int[] labels = {0, 1};
      List<Distance> cosine = List.of(Distance.COSINE);
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> KnnSweep.run(x, labels, x, labels, cosine, List.of(0), TS));
      assertEquals("k is 0; allowed: 1 or more", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> KnnSweep.run(x, labels, x, labels, cosine, KS, List.of(-1.0)));
      assertEquals("temperature is -1.0; allowed: finite, above 0", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> KnnSweep.run(x, labels, x, labels, List.of(), KS, TS));
      assertEquals("distances is empty; allowed: at least one value", e.getMessage());
      Tensor wide = Tensor.ones(DType.FLOAT32, 2, 4);
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> KnnSweep.run(x, labels, wide, labels, cosine, KS, TS));
      assertEquals("queries have shape [2, 4]; allowed: [m, 3]", e.getMessage());
    }
  }
}
