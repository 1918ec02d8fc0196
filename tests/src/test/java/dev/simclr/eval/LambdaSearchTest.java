package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.LabelledIndices;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class LambdaSearchTest {
  private static final int CLASSES = FixturePoints.CLASSES;
  private static final Lbfgs.Options LIMITS = new Lbfgs.Options(500, 1000, 10, 1e-8, 1e-12);

  @Test
  void thePaperTries45Values() {
    double[] values = LambdaSearch.paperValues();
    assertEquals(45, values.length);
    assertEquals(1e-6, values[0], 1e-20);
    assertEquals(1e5, values[44], 1e-7);
    for (int i = 1; i < values.length; i++) {
      assertEquals(0.25, Math.log10(values[i] / values[i - 1]), 1e-12);
    }
  }

  @Test
  void theListenerHearsOfAllThatIsTriedAndOfTheLastFit() {
    FixturePoints train = FixturePoints.train();
    List<String> heard = new ArrayList<>();
    LambdaSearch.Listener listener =
        new LambdaSearch.Listener() {
          @Override
          public void started(int heldOut, int all) {
            heard.add(heldOut + " of " + all);
          }

          @Override
          public void tried(LambdaSearch.Candidate candidate, int number, int values) {
            heard.add(number + "/" + values + " " + candidate);
          }

          @Override
          public void iterated(int iteration, double value) {
            heard.add(iteration + " " + value);
          }
        };
    try (var _ = TensorScope.open()) {
      LambdaSearch search =
          LambdaSearch.run(
              train.tensor(DType.FLOAT64),
              train.labels(),
              CLASSES,
              new double[] {1, 30},
              5,
              LIMITS,
              listener);
      LogisticRegression model = search.model();
      assertEquals("60 of " + train.labels().length, heard.get(0));
      assertEquals("1/2 " + search.candidates().get(1), heard.get(1));
      assertEquals("2/2 " + search.candidates().get(0), heard.get(2));
      assertEquals(3 + model.iterations(), heard.size());
      String last = heard.getLast();
      assertTrue(last.startsWith(model.iterations() + " "), last);
      assertEquals(
          model.objective(),
          Double.parseDouble(last.split(" ")[1]) * train.labels().length,
          1e-9 * model.objective());
    }
  }

  /** Each candidate's accuracy is that of a fit of its own on the same parts, from the origin. */
  @Test
  void choosesTheBestOnTheHeldOutFifthAndFitsOnAll() {
    FixturePoints train = FixturePoints.train();
    double[] lambdas = {1e-3, 1, 30, 1e3, 1e6};
    try (var _ = TensorScope.open()) {
      Tensor x = train.tensor(DType.FLOAT64);
      LambdaSearch search = LambdaSearch.run(x, train.labels(), CLASSES, lambdas, 5, LIMITS);
      LabelledIndices.Parts parts = LabelledIndices.split(train.labels(), CLASSES, 0.2, 5);
      assertEquals(60, parts.second().length);
      double best = -1;
      double chosen = -1;
      for (int i = 0; i < lambdas.length; i++) {
        LogisticRegression alone =
            LogisticRegression.fit(
                rows(x, parts.first()), labels(train, parts.first()), CLASSES, lambdas[i], LIMITS);
        int[] predicted = alone.classifier().predict(rows(x, parts.second()));
        int[] actual = labels(train, parts.second());
        int correct = 0;
        for (int j = 0; j < actual.length; j++) {
          correct += predicted[j] == actual[j] ? 1 : 0;
        }
        assertEquals(lambdas[i], search.candidates().get(i).lambda());
        double accuracy = search.candidates().get(i).accuracy();
        assertEquals(correct / 60.0, accuracy, 1e-15, "lambda " + lambdas[i]);
        if (accuracy >= best) {
          best = accuracy;
          chosen = lambdas[i];
        }
      }
      assertEquals(chosen, search.model().lambda());
      LogisticRegression all = LogisticRegression.fit(x, train.labels(), CLASSES, chosen, LIMITS);
      assertArrayEquals(all.classifier().weight(), search.model().classifier().weight());
    }
  }

  @Test
  void refusesWhatCannotBeSearched() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.eye(4, DType.FLOAT64);
      int[] labels = {0, 0, 1, 1};
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> LambdaSearch.run(x, labels, 2, new double[] {1}, 0, LIMITS));
      assertTrue(e.getMessage().startsWith("labels has 4 values, too few"), e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> LambdaSearch.run(x, labels, 2, new double[0], 0, LIMITS));
      assertEquals("lambdas is empty; allowed: at least one value", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> LambdaSearch.run(x, labels, 2, new double[] {-1}, 0, LIMITS));
      assertEquals("lambda is -1.0; allowed: finite, 0 or more", e.getMessage());
    }
  }

  private static Tensor rows(Tensor x, int[] indices) {
    long[] wide = Arrays.stream(indices).asLongStream().toArray();
    return x.indexSelect(0, Tensor.of(wide, wide.length));
  }

  private static int[] labels(FixturePoints points, int[] indices) {
    return Arrays.stream(indices).map(i -> points.labels()[i]).toArray();
  }
}
