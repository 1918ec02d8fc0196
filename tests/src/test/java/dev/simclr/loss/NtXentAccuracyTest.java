package dev.simclr.loss;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.DType;
import dev.simclr.torch.Init;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Errors of value and gradient at 2N = 8192, against the formulas in double precision, against the
 * errors of what users of PyTorch write, and against the same images in another order.
 */
@ExtendWith(LeakCheck.class)
final class NtXentAccuracyTest {
  private static final int ROWS = 8192;
  private static final int COLUMNS = 128;
  private static final int CHUNK = 1024;

  private record Outcome(double loss, Tensor gradient) {
    double lossError(Outcome exact) {
      return Math.abs(loss - exact.loss);
    }

    double gradientError(Outcome exact) {
      Tensor difference = gradient.to(DType.FLOAT64).sub(exact.gradient);
      return difference.norm().item() / exact.gradient.norm().item();
    }
  }

  private static Tensor normal(long seed, long... shape) {
    return Init.normal_(Tensor.empty(DType.FLOAT32, shape), 0, 1, seed);
  }

  private static Tensor embeddings(String kind) {
    Tensor noise = normal(1, ROWS, COLUMNS);
    return switch (kind) {
      case "random" -> noise;
      case "aligned" -> normal(2, 1, COLUMNS).add(noise, 0.08);
      case "clustered" -> normal(3, 16, COLUMNS).repeat(ROWS / 16, 1).add(noise, 0.3);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static Tensor positives(Tensor rows) {
    int n = ROWS / 2;
    return Tensor.cat(List.of(rows.narrow(0, n, n), rows.narrow(0, 0, n)), 0);
  }

  /** Similarities of the rows from {@code first}, -infinity where a row meets itself. */
  private static Tensor similarities(Tensor u, double temperature, int first, int rows) {
    Tensor s = u.narrow(0, first, rows).matmul(u.t()).div_(temperature);
    s.narrow(1, first, rows).diagonal().fill_(Double.NEGATIVE_INFINITY);
    return s;
  }

  /** Equation 1 and its gradient in double precision, a chunk of anchors at a time. */
  private static Outcome exact(Tensor z, double temperature) {
    Tensor v = z.to(DType.FLOAT64);
    Tensor norm = v.square().sum(true, 1).sqrt();
    Tensor u = v.div(norm);
    Tensor logSum = Tensor.empty(DType.FLOAT64, ROWS, 1);
    Tensor du = Tensor.empty(DType.FLOAT64, ROWS, COLUMNS);
    for (int first = 0; first < ROWS; first += CHUNK) {
      try (var _ = TensorScope.open()) {
        Tensor s = similarities(u, temperature, first, CHUNK);
        logSum.narrow(0, first, CHUNK).copy_(s.logsumexp(true, 1));
      }
    }
    for (int first = 0; first < ROWS; first += CHUNK) {
      try (var _ = TensorScope.open()) {
        Tensor s = similarities(u, temperature, first, CHUNK);
        Tensor p = s.sub(logSum.t()).exp_().add_(s.sub_(logSum.narrow(0, first, CHUNK)).exp_());
        du.narrow(0, first, CHUNK).copy_(p.matmul(u));
      }
    }
    Tensor partner = positives(u);
    double loss = logSum.mean().item() - u.mul(partner).sum().item() / (temperature * ROWS);
    du.sub_(partner, 2).div_(temperature * ROWS);
    Tensor along = u.mul(du).sum(true, 1);
    return new Outcome(loss, du.sub(u.mul(along)).div_(norm));
  }

  private static Outcome differentiate(Tensor z, Tensor loss) {
    loss.backward();
    Outcome outcome = new Outcome(loss.item(), z.grad().orElseThrow().copy());
    z.zeroGrad();
    return outcome;
  }

  private static Outcome differentiate(double temperature, Tensor rows) {
    Tensor z = rows.requiresGrad(true);
    return differentiate(z, new NtXent(temperature).forward(z).loss());
  }

  private static Outcome eager(Tensor z, double temperature) {
    Tensor s = similarities(Nn.normalize(z, 1), temperature, 0, ROWS);
    return differentiate(z, Nn.crossEntropy(s, positives(Tensor.arange(ROWS, DType.INT64))));
  }

  @ParameterizedTest
  @CsvSource({
    "random, 0.01",
    "random, 0.1",
    "random, 0.5",
    "aligned, 0.01",
    "aligned, 0.1",
    "aligned, 0.5",
    "clustered, 0.01",
    "clustered, 0.1",
    "clustered, 0.5"
  })
  void largeBatchesAreExactToRounding(String kind, double temperature) {
    try (var _ = TensorScope.open()) {
      Tensor z = embeddings(kind).requiresGrad(true);
      Outcome exact = exact(z.detach(), temperature);
      Outcome ours = differentiate(z, new NtXent(temperature).forward(z).loss());
      Outcome eager;
      try (var inner = TensorScope.open()) {
        eager = eager(z, temperature);
        inner.keep(eager.gradient);
      }
      String what =
          "loss %s, off by %.2g, PyTorch by %.2g; gradient off by %.2g, PyTorch by %.2g"
              .formatted(
                  exact.loss,
                  ours.lossError(exact),
                  eager.lossError(exact),
                  ours.gradientError(exact),
                  eager.gradientError(exact));
      assertTrue(ours.lossError(exact) <= 2e-6 * Math.max(1, Math.abs(exact.loss)), what);
      assertTrue(ours.gradientError(exact) <= 2e-5, what);
      // The loss is a float, which may be the one next to the true value by luck.
      double step = Math.ulp((float) exact.loss);
      assertTrue(ours.lossError(exact) <= 2 * eager.lossError(exact) + step, what);
      assertTrue(ours.gradientError(exact) <= 2 * eager.gradientError(exact), what);
    }
  }

  /** Converted, not computed with: only the gradient's own rounding to 8 bits is left. */
  @ParameterizedTest
  @CsvSource({
    "random, 0.01",
    "random, 0.1",
    "random, 0.5",
    "aligned, 0.01",
    "aligned, 0.1",
    "aligned, 0.5",
    "clustered, 0.01",
    "clustered, 0.1",
    "clustered, 0.5"
  })
  void bfloat16IsExactToTheRoundingOfTheGradient(String kind, double temperature) {
    try (var _ = TensorScope.open()) {
      Tensor z = embeddings(kind).to(DType.BFLOAT16).requiresGrad(true);
      Outcome exact = exact(z.detach(), temperature);
      Outcome ours = differentiate(z, new NtXent(temperature).forward(z).loss());
      String what =
          "loss off by %.2g, gradient by %.2g"
              .formatted(ours.lossError(exact), ours.gradientError(exact));
      assertTrue(ours.lossError(exact) <= 2e-6 * Math.max(1, Math.abs(exact.loss)), what);
      assertTrue(ours.gradientError(exact) <= 1.0 / 512, what);
    }
  }

  /** The rows that take the places of rows 0 to 8191. */
  private static long[] exchanged(boolean views, boolean images) {
    int n = ROWS / 2;
    long[] from = new long[ROWS];
    for (int row = 0; row < ROWS; row++) {
      // Multiplication by a number without a common divisor is a permutation.
      int image = images ? (row % n * 1237 + 71) % n : row % n;
      from[row] = image + ((row < n) == views ? n : 0);
    }
    return from;
  }

  @ParameterizedTest
  @CsvSource({
    "random, 0.01",
    "random, 0.1",
    "random, 0.5",
    "aligned, 0.01",
    "aligned, 0.1",
    "aligned, 0.5",
    "clustered, 0.01",
    "clustered, 0.1",
    "clustered, 0.5"
  })
  void orderOfViewsAndImagesDoesNotMatter(String kind, double temperature) {
    try (var _ = TensorScope.open()) {
      Tensor z = embeddings(kind);
      Outcome plain = differentiate(temperature, z.copy());
      for (long[] from :
          List.of(exchanged(true, false), exchanged(false, true), exchanged(true, true))) {
        Tensor rows = Tensor.of(from, ROWS);
        Outcome moved = differentiate(temperature, z.indexSelect(0, rows));
        double loss = Math.abs(moved.loss - plain.loss);
        Tensor back = plain.gradient.indexSelect(0, rows);
        double norm = plain.gradient.to(DType.FLOAT64).norm().item();
        double gradient = moved.gradient.sub(back).to(DType.FLOAT64).norm().item() / norm;
        String what = "loss moved by %.2g, gradient by %.2g".formatted(loss, gradient);
        assertTrue(loss <= 2e-6 * Math.max(1, Math.abs(plain.loss)), what);
        assertTrue(gradient <= 2e-5, what);
        double apart = moved.gradient.sub(plain.gradient).to(DType.FLOAT64).norm().item() / norm;
        assertTrue(apart > 0.5, "gradients of other rows differ by " + apart);
      }
    }
  }
}
