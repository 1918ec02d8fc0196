package dev.simclr.eval;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.FixtureArrays;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class LogisticRegressionTest {
  private static final int CLASSES = FixturePoints.CLASSES;
  private static final int DIM = FixturePoints.DIM;
  private static final Lbfgs.Options LONG = new Lbfgs.Options(2000, 4000, 10, 1e-9, 1e-13);
  // What simclr linear --method lbfgs has.
  private static final Lbfgs.Options USUAL =
      Lbfgs.Options.iterations(LogisticRegression.DEFAULT_ITERATIONS);

  /** The points as logistic.py scales and moves them. */
  private static Tensor moved(FixturePoints points, DType dtype) {
    double[] values = points.values().clone();
    for (int i = 0; i < values.length; i++) {
      int d = i % DIM;
      values[i] = (float) (values[i] * Math.pow(10, d % 3 - 1) + d / 4.0);
    }
    return Tensor.of(values, points.labels().length, DIM).to(dtype);
  }

  private static double agreement(int[] a, int[] b) {
    assertEquals(a.length, b.length);
    return IntStream.range(0, a.length).filter(i -> a[i] == b[i]).count() / (double) a.length;
  }

  @Test
  void findsTheMinimaThatScikitLearnFinds() {
    FixturePoints train = FixturePoints.train();
    FixturePoints test = FixturePoints.test();
    try (var fixture = FixtureArrays.open("eval/logistic.safetensors");
        var _ = TensorScope.open()) {
      double[] lambdas = fixture.values("lambdas");
      assertEquals(7, lambdas.length);
      for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
        Tensor x = moved(train, dtype);
        Tensor queries = moved(test, dtype);
        for (int i = 0; i < lambdas.length; i++) {
          String what = dtype + " lambda " + lambdas[i];
          int[] expected = fixture.integers("predictions." + i);
          double minimum = fixture.values("objective." + i)[0];
          for (Lbfgs.Options options : List.of(LONG, USUAL)) {
            LogisticRegression model =
                LogisticRegression.fit(x, train.labels(), CLASSES, lambdas[i], options);
            String how = what + ", " + options;
            assertEquals(minimum, model.objective(), 1e-5 * minimum, how);
            assertTrue(agreement(expected, model.classifier().predict(queries)) >= 0.995, how);
          }
        }
      }
    }
  }

  /** In double precision the weights, too, where the penalty is strong enough to pin them down. */
  @Test
  void weightsAreThoseOfTheMinimum() {
    FixturePoints train = FixturePoints.train();
    try (var fixture = FixtureArrays.open("eval/logistic.safetensors");
        var _ = TensorScope.open()) {
      double[] lambdas = fixture.values("lambdas");
      for (int i = 2; i < lambdas.length; i++) {
        LogisticRegression model =
            LogisticRegression.fit(
                moved(train, DType.FLOAT64), train.labels(), CLASSES, lambdas[i], LONG);
        assertClose(
            fixture.values("weight." + i),
            model.classifier().weight(),
            1e-5,
            1e-3,
            "lambda " + lambdas[i]);
      }
    }
  }

  /** The objective reported is the formula, computed here in plain loops from the classifier. */
  @Test
  void theObjectiveIsTheSumPlusHalfLambdaTimesTheSquares() {
    FixturePoints train = FixturePoints.train();
    double lambda = 3;
    try (var _ = TensorScope.open()) {
      Tensor x = moved(train, DType.FLOAT64);
      LogisticRegression model = LogisticRegression.fit(x, train.labels(), CLASSES, lambda, LONG);
      double[] values = x.toDoubleArray();
      double[] w = model.classifier().weight();
      double[] b = model.classifier().bias();
      double sum = 0;
      for (int i = 0; i < train.labels().length; i++) {
        double[] scores = new double[CLASSES];
        double normaliser = 0;
        for (int c = 0; c < CLASSES; c++) {
          scores[c] = b[c];
          for (int d = 0; d < DIM; d++) {
            scores[c] += w[c * DIM + d] * values[i * DIM + d];
          }
          normaliser += Math.exp(scores[c]);
        }
        sum += Math.log(normaliser) - scores[train.labels()[i]];
      }
      for (double value : w) {
        sum += lambda / 2 * value * value;
      }
      assertEquals(sum, model.objective(), 1e-9 * sum);
      assertEquals(lambda, model.lambda());
      assertArrayEquals(
          model.classifier().predict(x), model.classifier().predict(x.to(DType.FLOAT32)));
    }
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 3, 2);
      int[] labels = {0, 1, 1};
      for (double lambda : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
        var e =
            assertThrows(
                IllegalArgumentException.class,
                () -> LogisticRegression.fit(x, labels, 2, lambda, LONG));
        assertEquals("lambda is " + lambda + "; allowed: finite, 0 or more", e.getMessage());
      }
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> LogisticRegression.fit(x, labels, 1, 1, LONG));
      assertEquals("labels[1] is 1; allowed: 0 to 0", e.getMessage());
      LogisticRegression model = LogisticRegression.fit(x, labels, 2, 1, LONG);
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> model.classifier().predict(Tensor.ones(DType.FLOAT32, 3, 5)));
      assertEquals("features have shape [3, 5]; allowed: [m, 2]", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> new LinearClassifier(new double[5], new double[2]));
      assertTrue(e.getMessage().startsWith("weight has 5 values and bias 2"), e.getMessage());
    }
  }
}
