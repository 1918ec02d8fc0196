package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Top-1 and top-5 of the kNN vote, against loops in double precision. */
@ExtendWith(LeakCheck.class)
final class KnnRankingTest {
  private static final int CLASSES = 9;
  private static final int DIM = 6;

  private static double[] rows(Random random, int count) {
    return random.doubles((long) count * DIM, -1, 1).toArray();
  }

  private static double cosine(double[] a, int i, double[] b, int j) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int d = 0; d < DIM; d++) {
      dot += a[i * DIM + d] * b[j * DIM + d];
      aa += a[i * DIM + d] * a[i * DIM + d];
      bb += b[j * DIM + d] * b[j * DIM + d];
    }
    return dot / Math.sqrt(aa * bb);
  }

  @Test
  void ranksAreThoseOfTheVotes() {
    Random random = new Random(5);
    int n = 120;
    int m = 90;
    int k = 40;
    double[] bank = rows(random, n);
    double[] queries = rows(random, m);
    int[] labels = random.ints(n, 0, CLASSES).toArray();
    int[] queryLabels = random.ints(m, 0, CLASSES).toArray();
    int first = 0;
    int five = 0;
    for (int q = 0; q < m; q++) {
      int query = q;
      double[] similarity =
          IntStream.range(0, n).mapToDouble(i -> cosine(queries, query, bank, i)).toArray();
      double[] votes = new double[CLASSES];
      IntStream.range(0, n)
          .boxed()
          .sorted(Comparator.comparingDouble((Integer i) -> -similarity[i]))
          .limit(k)
          .forEach(i -> votes[labels[i]] += Math.exp(similarity[i] / 0.1));
      double own = votes[queryLabels[q]];
      long better = Arrays.stream(votes).filter(v -> v > own).count();
      first += better == 0 ? 1 : 0;
      five += own > 0 && better < 5 ? 1 : 0;
    }
    assertTrue(first > 0 && five > first && five < m, first + " " + five);
    try (var _ = TensorScope.open()) {
      Tensor bankTensor = Tensor.of(bank, n, DIM);
      Tensor queryTensor = Tensor.of(queries, m, DIM);
      KnnClassifier knn = new KnnClassifier(k, 0.1);
      Accuracy found = knn.evaluate(bankTensor, labels, queryTensor, queryLabels);
      assertEquals(new Accuracy((double) first / m, (double) five / m), found);
      assertEquals(found.top1(), knn.accuracy(bankTensor, labels, queryTensor, queryLabels));
    }
  }

  @Test
  void ofEqualVotesTheFirstClassWinsAndAClassWithoutVotesIsNotRanked() {
    // Two neighbours at the same angle vote for classes 1 and 3; 0 and 2 get nothing.
    try (var _ = TensorScope.open()) {
      Tensor bank = Tensor.of(new double[] {1, 0, 1, 0, -1, 0}, 3, 2);
      int[] labels = {3, 1, 0};
      Tensor queries = Tensor.of(new double[] {1, 0, 1, 0, 1, 0, 1, 0, 1, 0}, 5, 2);
      KnnClassifier knn = new KnnClassifier(2, 0.1);
      assertEquals(
          new Accuracy(0.2, 0.4), knn.evaluate(bank, labels, queries, new int[] {1, 3, 0, 2, 7}));
    }
  }
}
