/* SupCon against loops in double precision written from equation 2 of arXiv 2004.11362, for the
 * instruction set that SIMCLR_ISA names. */
#include <string.h>

#include "tensors.h"

enum { kMostRows = 400, kMostValues = kMostRows * 72, kSkipped = 77 };

static double values[kMostValues];
static int64_t labels[kMostRows];

static double rounded[kMostValues];
static double unit[kMostValues];
static double length[kMostRows];
static double expected_loss;
static int64_t expected_skipped;
static double expected_grad[kMostValues];

static double loss;
static int64_t skipped;
static double grad[kMostValues];

static double cosine(int64_t i, int64_t j, int64_t d) {
  double dot = 0;
  for (int64_t k = 0; k < d; ++k) {
    dot += unit[i * d + k] * unit[j * d + k];
  }
  return dot;
}

static int64_t positives_of(int64_t i, int64_t m) {
  int64_t count = -1;
  for (int64_t j = 0; j < m; ++j) {
    count += labels[j] == labels[i] ? 1 : 0;
  }
  return count;
}

/* -1/|P(i)| sum_{p in P(i)} log( exp(s_ip) / sum_{a != i} exp(s_ia) ), averaged over the rows that
 * have positives, and its gradient. */
static void by_loops(int64_t m, int64_t d, double t) {
  static double du[kMostValues];
  memset(du, 0, sizeof(du));
  for (int64_t i = 0; i < m; ++i) {
    length[i] = 0;
    for (int64_t k = 0; k < d; ++k) {
      length[i] += rounded[i * d + k] * rounded[i * d + k];
    }
    length[i] = sqrt(length[i]);
    for (int64_t k = 0; k < d; ++k) {
      unit[i * d + k] = rounded[i * d + k] / fmax(length[i], 1e-12);
    }
  }
  expected_loss = 0;
  expected_skipped = 0;
  for (int64_t i = 0; i < m; ++i) {
    expected_skipped += positives_of(i, m) == 0 ? 1 : 0;
  }
  const double anchors = (double)(m - expected_skipped);
  for (int64_t i = 0; i < m; ++i) {
    const double count = (double)positives_of(i, m);
    if (count == 0) {
      continue;
    }
    static double s[kMostRows];
    double largest = -INFINITY;
    for (int64_t j = 0; j < m; ++j) {
      s[j] = cosine(i, j, d) / t;
      largest = j == i ? largest : fmax(largest, s[j]);
    }
    double sum = 0;
    for (int64_t j = 0; j < m; ++j) {
      sum += j == i ? 0 : exp(s[j] - largest);
    }
    for (int64_t j = 0; j < m; ++j) {
      if (j == i) {
        continue;
      }
      const double p = exp(s[j] - largest) / sum;
      const double share = labels[j] == labels[i] ? 1 / count : 0;
      expected_loss -= share * (s[j] - largest - log(sum)) / anchors;
      const double ds = (p - share) / (anchors * t);
      for (int64_t k = 0; k < d; ++k) {
        du[i * d + k] += ds * unit[j * d + k];
        du[j * d + k] += ds * unit[i * d + k];
      }
    }
  }
  for (int64_t i = 0; i < m; ++i) {
    double along = 0;
    for (int64_t k = 0; k < d; ++k) {
      along += du[i * d + k] * unit[i * d + k];
    }
    along = length[i] < 1e-12 ? 0 : along;
    for (int64_t k = 0; k < d; ++k) {
      const int64_t e = i * d + k;
      expected_grad[e] = (du[e] - along * unit[e]) / fmax(length[i], 1e-12);
    }
  }
}

/* Of how many views the rows are taken to be; 1 for just rows. */
static int64_t views = 1;

/* As sct_sup_con, with the measures that views 1 and 2 have by themselves. */
static void by_views(sct_tensor z, sct_tensor ids, int64_t m, double t, sct_tensor *ret_loss,
                     sct_tensor *ret_skipped) {
  const int64_t n = m / views;
  sct_tensor measures[2] = {NULL, NULL};
  sct_tensor expected[3] = {NULL, NULL, NULL};
  OK(sct_sup_con_views(z, ids, views, t, ret_loss, ret_skipped, &measures[0], &measures[1]));
  OK(sct_narrow(z, 0, 0, 2 * n, &expected[2]));
  OK(sct_contrastive_measures(expected[2], t, &expected[0], &expected[1]));
  /* Rounding may decide between two that are almost equally similar. */
  CLOSE(value_of(measures[0]), value_of(expected[0]), n > 20 ? 1.0 / (double)n : 1e-6, 0);
  CLOSE(value_of(measures[1]), value_of(expected[1]), 2e-6 * (1 + 0.25 / t), 0);
  OK(sct_tensor_free(measures, 2));
  OK(sct_tensor_free(expected, 3));
}

static void by_library(int64_t m, int64_t d, double t, int32_t type) {
  sct_tensor z = matrix(values, m, d, type);
  sct_tensor ids = NULL;
  OK(sct_tensor_from_data(labels, m * (int64_t)sizeof(int64_t), SIZES(m), 1, SCT_INT64, &ids));
  values_of(z, rounded);
  OK(sct_set_requires_grad(z, true));
  sct_tensor out[3] = {NULL, NULL, NULL};
  if (views == 1) {
    OK(sct_sup_con(z, ids, t, &out[0], &out[1]));
  } else {
    by_views(z, ids, m, t, &out[0], &out[1]);
  }
  CHECK_INT(dtype_of(out[0]), type == SCT_FLOAT64 ? SCT_FLOAT64 : SCT_FLOAT32);
  CHECK_INT(dtype_of(out[1]), SCT_INT64);
  OK(sct_backward(out[0], NULL, false));
  OK(sct_grad(z, &out[2]));
  loss = value_of(out[0]);
  skipped = (int64_t)value_of(out[1]);
  values_of(out[2], grad);
  OK(sct_tensor_free(out, 3));
  drop(&ids);
  drop(&z);
}

static void compare(int64_t m, int64_t d, double t, int32_t type, double precision) {
  const int failures = check_failures;
  const double tolerance = precision * (1 + 0.25 / t);
  CLOSE(loss, expected_loss, tolerance, precision);
  CHECK_INT(skipped, expected_skipped);
  const double rtol = type == SCT_BFLOAT16 ? 1.0 / 256 : 10 * precision;
  for (int64_t i = 0; i < m; ++i) {
    const double scale = 2 / ((double)(m - skipped) * t * fmax(length[i], 1e-12));
    CLOSE_ALL(grad + i * d, expected_grad + i * d, d, scale * tolerance, rtol);
  }
  if (check_failures != failures) {
    fprintf(stderr, "  ... of M = %lld, D = %lld, t = %g, dtype %d, views %d\n", (long long)m,
            (long long)d, t, type, (int)views);
  }
}

static void check_case(int64_t m, int64_t d, double t, int32_t type, double precision) {
  by_library(m, d, t, type);
  by_loops(m, d, t);
  compare(m, d, t, type, precision);
  for (views = 2; views <= 4; ++views) {
    if (m % views == 0) {
      by_library(m, d, t, type);
      compare(m, d, t, type, precision);
    }
  }
  views = 1;
}

/* Rows near their label's direction, of lengths from 0.1 to 10. */
static void fill(int64_t m, int64_t d, int64_t classes, uint64_t seed) {
  static double centres[kMostValues];
  for (int64_t e = 0; e < classes * d; ++e) {
    centres[e] = noise(&seed);
  }
  for (int64_t i = 0; i < m; ++i) {
    const int64_t class = (int64_t)((noise(&seed) + 1) / 2 * (double)classes);
    labels[i] = 1000 * class - 7;
    const double factor = pow(10, noise(&seed));
    for (int64_t k = 0; k < d; ++k) {
      values[i * d + k] = factor * (centres[class * d + k] + 0.7 * noise(&seed));
    }
  }
  labels[m - 1] = labels[0]; /* one pair at least */
}

static void follows_the_loops(void) {
  static const int64_t counts[] = {2, 3, 7, 24, 25, 49, 97, 150, 391};
  static const int64_t widths[] = {1, 2, 5, 16, 33, 70};
  static const double temperatures[] = {0.5, 0.1, 0.01, 0.03, 100};
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < 6; ++j) {
      const int64_t m = counts[i];
      const int64_t classes[] = {1, m / 3 + 1, 2 * m};
      for (int c = 0; c < 3; ++c) {
        const double t = temperatures[(i + j + c) % 5];
        if (classes[c] * widths[j] > kMostValues) {
          continue;
        }
        fill(m, widths[j], classes[c], (uint64_t)(100 * i + 10 * j + c));
        check_case(m, widths[j], t, SCT_FLOAT32, 1e-6);
        check_case(m, widths[j], t, SCT_FLOAT64, 1e-11);
        check_case(m, widths[j], t, SCT_BFLOAT16, 1e-6);
      }
    }
  }
}

static void any_number_of_threads(void) {
  int32_t before = 0;
  OK(sct_num_threads(&before));
  const int32_t threads[] = {1, 2, 3, 5};
  for (int i = 0; i < 4; ++i) {
    OK(sct_set_num_threads(threads[i]));
    fill(399, 21, 30, 3);
    check_case(399, 21, 0.2, SCT_FLOAT32, 1e-6);
  }
  OK(sct_set_num_threads(before));
}

/* Two views with the image as label: NT-Xent. */
static void two_views_are_nt_xent(void) {
  const int64_t n = 75;
  const int64_t d = 20;
  const double temperatures[] = {0.5, 0.02};
  for (int i = 0; i < 2; ++i) {
    fill(2 * n, d, 10, 5);
    for (int64_t r = 0; r < 2 * n; ++r) {
      labels[r] = r % n;
    }
    by_library(2 * n, d, temperatures[i], SCT_FLOAT32);
    CHECK_INT(skipped, 0);
    sct_tensor z = matrix(values, 2 * n, d, SCT_FLOAT32);
    OK(sct_set_requires_grad(z, true));
    sct_tensor out[4] = {NULL, NULL, NULL, NULL};
    OK(sct_nt_xent(z, temperatures[i], &out[0], &out[1], &out[2]));
    OK(sct_backward(out[0], NULL, false));
    OK(sct_grad(z, &out[3]));
    static double pairs[kMostValues];
    values_of(out[3], pairs);
    CLOSE(loss, value_of(out[0]), 2e-7 / temperatures[i], 2e-6);
    double largest = 0;
    for (int64_t e = 0; e < 2 * n * d; ++e) {
      largest = fmax(largest, fabs(pairs[e]));
    }
    CLOSE_ALL(grad, pairs, 2 * n * d, 1e-5 * largest, 1e-5);
    OK(sct_tensor_free(out, 4));
    drop(&z);
  }
}

/* All rows equal: ln(M - 1). */
static void collapse_has_a_closed_form(void) {
  for (int64_t i = 0; i < 60; ++i) {
    labels[i] = i / 4;
    for (int64_t k = 0; k < 9; ++k) {
      values[i * 9 + k] = 0.3 + 0.1 * (double)k;
    }
  }
  by_library(60, 9, 0.1, SCT_FLOAT32);
  CLOSE(loss, log(59), 0, 1e-6);
}

static void without_anchors_there_is_no_loss(void) {
  const int32_t types[] = {SCT_FLOAT32, SCT_FLOAT64};
  for (int i = 0; i < 2; ++i) {
    fill(5, 3, 2, 1);
    for (int64_t r = 0; r < 5; ++r) {
      labels[r] = r;
    }
    by_library(5, 3, 0.5, types[i]);
    CHECK(isnan(loss));
    CHECK_INT(skipped, 5);
  }
}

static void not_finite(void) {
  const double bad[] = {NAN, INFINITY};
  for (int i = 0; i < 2; ++i) {
    fill(50, 8, 5, 2);
    values[17 * 8 + 3] = bad[i];
    by_library(50, 8, 0.5, SCT_FLOAT32);
    CHECK(!isfinite(loss));
  }
}

static void refuses_nonsense(void) {
  fill(4, 3, 2, 1);
  sct_tensor z = matrix(values, 4, 3, SCT_FLOAT32);
  sct_tensor one = matrix(values, 1, 3, SCT_FLOAT32);
  sct_tensor whole = matrix(values, 4, 3, SCT_INT64);
  sct_tensor floats = NULL;
  sct_tensor ids = NULL;
  sct_tensor few = NULL;
  OK(sct_empty(SIZES(4), 1, SCT_FLOAT32, SCT_CPU, -1, SCT_CONTIGUOUS, &floats));
  OK(sct_tensor_from_data(labels, 32, SIZES(4), 1, SCT_INT64, &ids));
  OK(sct_tensor_from_data(labels, 24, SIZES(3), 1, SCT_INT64, &few));
  sct_tensor a = NULL;
  sct_tensor b = NULL;
  sct_tensor c = NULL;
  sct_tensor d = NULL;
  FAILS(SCT_SHAPE, sct_sup_con(one, ids, 0.5, &a, &b));
  FAILS(SCT_SHAPE, sct_sup_con(ids, ids, 0.5, &a, &b));
  FAILS(SCT_SHAPE, sct_sup_con(z, few, 0.5, &a, &b));
  FAILS(SCT_SHAPE, sct_sup_con(z, z, 0.5, &a, &b));
  FAILS(SCT_INVALID_ARGUMENT, sct_sup_con(z, floats, 0.5, &a, &b));
  FAILS(SCT_INVALID_ARGUMENT, sct_sup_con(whole, ids, 0.5, &a, &b));
  FAILS(SCT_INVALID_ARGUMENT, sct_sup_con_views(z, ids, 1, 0.5, &a, &b, &c, &d));
  FAILS(SCT_SHAPE, sct_sup_con_views(z, ids, 3, 0.5, &a, &b, &c, &d));
  FAILS(SCT_INVALID_ARGUMENT, sct_sup_con_views(z, ids, 2, 0.5, &a, &b, &c, NULL));
  FAILS(SCT_INVALID_ARGUMENT, sct_sup_con(z, ids, 0, &a, &b));
  FAILS(SCT_INVALID_ARGUMENT, sct_sup_con(z, ids, NAN, &a, &b));
  FAILS(SCT_INVALID_ARGUMENT, sct_sup_con(z, ids, 0.5, &a, NULL));
  CHECK(a == NULL && b == NULL);
  sct_tensor all[] = {z, one, whole, floats, ids, few};
  OK(sct_tensor_free(all, 6));
}

int main(void) {
  int32_t isa = SCT_ISA_AUTO;
  if (sct_augment_isa(&isa) == SCT_UNSUPPORTED) {
    printf("%s\n", sct_last_error());
    return kSkipped;
  }
  follows_the_loops();
  any_number_of_threads();
  two_views_are_nt_xent();
  collapse_has_a_closed_form();
  without_anchors_there_is_no_loss();
  not_finite();
  refuses_nonsense();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
