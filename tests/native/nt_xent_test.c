/* NT-Xent against the paper's loops (arXiv 2002.05709, equation 1 and algorithm 1) in double. */
#include <string.h>

#include "tensors.h"

enum { kMostRows = 512, kMostColumns = 128 };

typedef struct {
  double loss;
  double accuracy;
  double entropy;
} Reference;

/* u = v / max(||v||, 1e-12) for each row v. */
static const double *normalized(const double *z, int64_t rows, int64_t d) {
  static double u[kMostRows * kMostColumns];
  for (int64_t i = 0; i < rows; ++i) {
    double square = 0;
    for (int64_t k = 0; k < d; ++k) {
      square += z[i * d + k] * z[i * d + k];
    }
    for (int64_t k = 0; k < d; ++k) {
      u[i * d + k] = z[i * d + k] / fmax(sqrt(square), 1e-12);
    }
  }
  return u;
}

static double similarity(const double *u, int64_t d, int64_t i, int64_t j, double temperature) {
  double dot = 0;
  for (int64_t k = 0; k < d; ++k) {
    dot += u[i * d + k] * u[j * d + k];
  }
  return dot / temperature;
}

/* l(i, j) = -log( exp(s_ij) / sum_{k != i} exp(s_ik) ), averaged over all i with j their positive.
 */
static double loss_by_loops(const double *z, int64_t n, int64_t d, double temperature) {
  const double *u = normalized(z, 2 * n, d);
  double total = 0;
  for (int64_t i = 0; i < 2 * n; ++i) {
    const int64_t j = (i + n) % (2 * n);
    double largest = -INFINITY;
    for (int64_t k = 0; k < 2 * n; ++k) {
      largest = k == i ? largest : fmax(largest, similarity(u, d, i, k, temperature));
    }
    double sum = 0;
    for (int64_t k = 0; k < 2 * n; ++k) {
      sum += k == i ? 0 : exp(similarity(u, d, i, k, temperature) - largest);
    }
    total += largest + log(sum) - similarity(u, d, i, j, temperature);
  }
  return total / (double)(2 * n);
}

static Reference by_loops(const double *z, int64_t n, int64_t d, double temperature) {
  Reference out = {loss_by_loops(z, n, d, temperature), 0, 0};
  const double *u = normalized(z, 2 * n, d);
  for (int64_t i = 0; i < n; ++i) {
    const double positive = similarity(u, d, i, n + i, temperature);
    bool first = true;
    double sum = 0;
    double weighted = 0;
    for (int64_t k = 0; k < n; ++k) {
      const double s = similarity(u, d, i, n + k, temperature) - positive;
      first = first && (k == i || s < 0);
      sum += exp(s);
      weighted += s * exp(s);
    }
    out.accuracy += first ? 1.0 / (double)n : 0;
    out.entropy += (log(sum) - weighted / sum) / (double)n;
  }
  return out;
}

static Reference by_library(sct_tensor z, double temperature, sct_tensor *loss) {
  sct_tensor accuracy = NULL;
  sct_tensor entropy = NULL;
  OK(sct_nt_xent(z, temperature, loss, &accuracy, &entropy));
  const Reference out = {value_of(*loss), value_of(accuracy), value_of(entropy)};
  drop(&accuracy);
  drop(&entropy);
  return out;
}

static void gradient_of(sct_tensor z, double temperature, double *out) {
  sct_tensor loss = NULL;
  sct_tensor grad = NULL;
  OK(sct_set_requires_grad(z, true));
  by_library(z, temperature, &loss);
  OK(sct_backward(loss, NULL, false));
  OK(sct_grad(z, &grad));
  CHECK_INT(dtype_of(grad), dtype_of(z));
  values_of(grad, out);
  OK(sct_set_grad(z, NULL));
  drop(&loss);
  drop(&grad);
}

static void compare_values(const double *values, int64_t n, int64_t d, double temperature,
                           int32_t dtype, double atol, double rtol) {
  sct_tensor z = matrix(values, 2 * n, d, dtype);
  static double rounded[kMostRows * kMostColumns];
  values_of(z, rounded);
  const Reference expected = by_loops(rounded, n, d, temperature);
  sct_tensor loss = NULL;
  const Reference got = by_library(z, temperature, &loss);
  CHECK_INT(dtype_of(loss), dtype == SCT_FLOAT64 ? SCT_FLOAT64 : SCT_FLOAT32);
  CLOSE(got.loss, expected.loss, atol, rtol);
  CLOSE(got.accuracy, expected.accuracy, 1e-6, 0);
  CLOSE(got.entropy, expected.entropy, atol, rtol);
  drop(&loss);
  drop(&z);
}

/* The gradient in float64 against central differences of the loops. */
static void compare_gradient(double *values, int64_t n, int64_t d, double temperature) {
  sct_tensor z = matrix(values, 2 * n, d, SCT_FLOAT64);
  static double got[kMostRows * kMostColumns];
  static double expected[kMostRows * kMostColumns];
  gradient_of(z, temperature, got);
  for (int64_t i = 0; i < 2 * n * d; ++i) {
    const double at = values[i];
    const double h = 1e-5 * fmax(fabs(at), 1);
    values[i] = at + h;
    const double above = loss_by_loops(values, n, d, temperature);
    values[i] = at - h;
    const double below = loss_by_loops(values, n, d, temperature);
    values[i] = at;
    expected[i] = (above - below) / (2 * h);
  }
  CLOSE_ALL(got, expected, 2 * n * d, 2e-8 / temperature, 1e-6);

  /* float32, against float64. */
  sct_tensor narrow = matrix(values, 2 * n, d, SCT_FLOAT32);
  static double narrow_grad[kMostRows * kMostColumns];
  gradient_of(narrow, temperature, narrow_grad);
  CLOSE_ALL(narrow_grad, got, 2 * n * d, 1e-6 / temperature, 1e-4);
  drop(&z);
  drop(&narrow);
}

static void fill(double *values, int64_t count, uint64_t seed) {
  for (int64_t i = 0; i < count; ++i) {
    values[i] = noise(&seed);
  }
}

static void follows_the_loops(void) {
  static double values[kMostRows * kMostColumns];
  const int64_t counts[] = {1, 2, 3, 33, 256};
  const int64_t widths[] = {1, 3, 17, 128};
  const double temperatures[] = {0.05, 0.5, 10};
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 4; ++j) {
      for (int k = 0; k < 3; ++k) {
        /* Width 1 has only similarities of -1 and 1, where rounding decides every tie. */
        const double scale = k == 1 ? 1e3 : 1;
        fill(values, 2 * counts[i] * widths[j], (uint64_t)(100 * i + 10 * j + k));
        for (int64_t e = 0; e < 2 * counts[i] * widths[j]; ++e) {
          values[e] *= scale;
        }
        if (counts[i] * widths[j] > 33 * 128 && k != 1) {
          continue;
        }
        const double t = temperatures[k];
        compare_values(values, counts[i], widths[j], t, SCT_FLOAT64, 1e-12, 1e-12);
        if (widths[j] > 1) {
          compare_values(values, counts[i], widths[j], t, SCT_FLOAT32, 2e-6 / fmin(t, 1), 1e-5);
          compare_values(values, counts[i], widths[j], t, SCT_BFLOAT16, 2e-6 / fmin(t, 1), 1e-5);
        }
      }
    }
  }
}

static void gradient_follows_the_loops(void) {
  static double values[kMostRows * kMostColumns];
  const int64_t counts[] = {1, 2, 5};
  const int64_t widths[] = {2, 7};
  const double temperatures[] = {0.1, 0.5, 2};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 2; ++j) {
      for (int k = 0; k < 3; ++k) {
        fill(values, 2 * counts[i] * widths[j], (uint64_t)(1000 + 100 * i + 10 * j + k));
        compare_gradient(values, counts[i], widths[j], temperatures[k]);
      }
    }
  }
}

/* Below eps the divisor is constant: u = v / eps, so the gradient is du / eps, not projected. */
static void tiny_rows_have_the_exact_gradient(void) {
  const int64_t n = 2;
  const int64_t d = 3;
  double values[12];
  fill(values, 12, 77);
  for (int64_t k = 0; k < d; ++k) {
    values[k] *= 1e-13;
    values[1 * d + k] = 0;
  }
  sct_tensor z = matrix(values, 2 * n, d, SCT_FLOAT64);
  double got[12];
  gradient_of(z, 0.5, got);
  for (int64_t i = 0; i < 2 * d; ++i) {
    const double at = values[i];
    const double h = 1e-17;
    values[i] = at + h;
    const double above = loss_by_loops(values, n, d, 0.5);
    values[i] = at - h;
    const double below = loss_by_loops(values, n, d, 0.5);
    values[i] = at;
    CLOSE(got[i], (above - below) / (2 * h), 0, 1e-3);
  }
  for (int64_t i = 0; i < 4 * d; ++i) {
    CHECK(isfinite(got[i]));
  }
  drop(&z);
}

/* All rows equal: loss log(2N - 1), entropy log N, and an accuracy of 0 although positives are as
 * similar as can be. */
static void collapse_scores_nothing(void) {
  const int64_t counts[] = {2, 3, 100, 255};
  for (int i = 0; i < 4; ++i) {
    const int64_t n = counts[i];
    static double values[kMostRows * kMostColumns];
    for (int64_t e = 0; e < 2 * n * 128; ++e) {
      values[e] = 0.1 + 0.01 * (double)(e % 128);
    }
    sct_tensor z = matrix(values, 2 * n, 128, SCT_FLOAT32);
    sct_tensor loss = NULL;
    const Reference got = by_library(z, 0.5, &loss);
    CLOSE(got.loss, log((double)(2 * n - 1)), 0, 1e-5);
    CLOSE(got.entropy, log((double)n), 0, 1e-5);
    CLOSE(got.accuracy, 0, 0, 0);
    drop(&loss);
    drop(&z);
  }
}

/* Swapping the views or permuting the images changes nothing. */
static void symmetric_in_the_views(void) {
  enum { n = 6, d = 5 };
  double values[2 * n * d];
  double swapped[2 * n * d];
  fill(values, 2 * n * d, 5);
  memcpy(swapped, values + n * d, sizeof(double) * n * d);
  memcpy(swapped + n * d, values, sizeof(double) * n * d);
  sct_tensor z = matrix(values, 2 * n, d, SCT_FLOAT64);
  sct_tensor other = matrix(swapped, 2 * n, d, SCT_FLOAT64);
  sct_tensor losses[2] = {NULL, NULL};
  CLOSE(by_library(other, 0.3, &losses[1]).loss, by_library(z, 0.3, &losses[0]).loss, 0, 1e-14);
  OK(sct_tensor_free(losses, 2));
  drop(&z);
  drop(&other);
}

/* Autocast to bfloat16 outside changes no bit inside. */
static void ignores_autocast(void) {
  enum { n = 32, d = 64 };
  static double values[2 * n * d];
  static double outside[2 * n * d];
  static double inside[2 * n * d];
  fill(values, 2 * n * d, 9);
  sct_tensor z = matrix(values, 2 * n, d, SCT_FLOAT32);
  gradient_of(z, 0.1, outside);
  sct_region region = NULL;
  OK(sct_autocast_enter(SCT_CPU, SCT_BFLOAT16, true, &region));
  gradient_of(z, 0.1, inside);
  OK(sct_region_leave(&region));
  CHECK(memcmp(outside, inside, sizeof(outside)) == 0);
  drop(&z);
}

static void refuses_nonsense(void) {
  double values[12];
  fill(values, 12, 1);
  sct_tensor odd = matrix(values, 3, 4, SCT_FLOAT32);
  sct_tensor even = matrix(values, 4, 3, SCT_FLOAT32);
  sct_tensor integers = matrix(values, 4, 3, SCT_INT64);
  sct_tensor none = NULL;
  OK(sct_empty(SIZES(0, 3), 2, SCT_FLOAT32, SCT_CPU, -1, SCT_CONTIGUOUS, &none));
  sct_tensor a = NULL;
  sct_tensor b = NULL;
  sct_tensor c = NULL;
  FAILS(SCT_SHAPE, sct_nt_xent(odd, 0.5, &a, &b, &c));
  FAILS(SCT_SHAPE, sct_nt_xent(none, 0.5, &a, &b, &c));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent(integers, 0.5, &a, &b, &c));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent(even, 0, &a, &b, &c));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent(even, -1, &a, &b, &c));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent(even, NAN, &a, &b, &c));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent(even, INFINITY, &a, &b, &c));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent(even, 0.5, &a, NULL, &c));

  /* A second derivative would be wrong, so there is none. */
  sct_tensor grad = NULL;
  OK(sct_set_requires_grad(even, true));
  OK(sct_nt_xent(even, 0.5, &a, &b, &c));
  FAILS(SCT_UNSUPPORTED, sct_autograd_grad(&a, 1, &even, 1, NULL, true, true, false, &grad));
  sct_tensor all[] = {odd, even, integers, none, a, b, c};
  OK(sct_tensor_free(all, 7));
}

int main(void) {
  follows_the_loops();
  gradient_follows_the_loops();
  tiny_rows_have_the_exact_gradient();
  collapse_scores_nothing();
  symmetric_in_the_views();
  ignores_autocast();
  refuses_nonsense();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
