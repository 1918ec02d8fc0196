/* NT-Xent with a queue against loops over all candidates in double. */
#include <string.h>

#include "tensors.h"

enum { kMostRows = 160, kMostQueue = 300, kMostColumns = 70, kSkipped = 77 };

static double z[kMostRows * kMostColumns];
static double queue[kMostQueue * kMostColumns];
static double got[kMostRows * kMostColumns];
static double expected[kMostRows * kMostColumns];

static double length_of(const double *row, int64_t d) {
  double square = 0;
  for (int64_t k = 0; k < d; ++k) {
    square += row[k] * row[k];
  }
  return fmax(sqrt(square), 1e-12);
}

/* Adds the gradient of the unit row to that of `a`, where S is its cosine with b. */
static void add(const double *a, const double *b, int64_t d, double factor, double *grad) {
  const double length = length_of(a, d);
  const double other = length_of(b, d);
  double dot = 0;
  for (int64_t k = 0; k < d; ++k) {
    dot += a[k] * b[k] / (length * other);
  }
  for (int64_t k = 0; k < d; ++k) {
    grad[k] += factor * (b[k] / other - dot * a[k] / length) / length;
  }
}

static double cosine(const double *a, const double *b, int64_t d) {
  double dot = 0;
  for (int64_t k = 0; k < d; ++k) {
    dot += a[k] * b[k];
  }
  return dot / (length_of(a, d) * length_of(b, d));
}

/* The loss, and the gradient of the rows in `expected`: of all terms in which they are. */
static double by_loops(int64_t n, int64_t q, int64_t d, double t) {
  const int64_t m = 2 * n;
  double total = 0;
  memset(expected, 0, sizeof(expected));
  for (int64_t i = 0; i < m; ++i) {
    const double *a = z + i * d;
    const int64_t positive = (i + n) % m;
    double sum = 0;
    for (int64_t j = 0; j < m + q; ++j) {
      const double *b = j < m ? z + j * d : queue + (j - m) * d;
      sum += j == i ? 0 : exp((cosine(a, b, d) - 1) / t);
    }
    total += log(sum) + (1 - cosine(a, z + positive * d, d)) / t;
    for (int64_t j = 0; j < m + q; ++j) {
      if (j == i) {
        continue;
      }
      const double *b = j < m ? z + j * d : queue + (j - m) * d;
      const double share = exp((cosine(a, b, d) - 1) / t) / sum - (j == positive ? 1 : 0);
      const double factor = share / (t * (double)m);
      add(a, b, d, factor, expected + i * d);
      if (j < m) {
        add(b, a, d, factor, expected + j * d);
      }
    }
  }
  return total / (double)m;
}

static void fill(double *values, int64_t count, uint64_t seed) {
  uint64_t state = seed;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    values[i] = (double)(state >> 11) / 9007199254740992.0 - 0.5;
  }
}

static void check_case(int64_t n, int64_t q, int64_t d, double t, int32_t dtype, double tolerance) {
  fill(z, 2 * n * d, 3);
  fill(queue, q * d, 5);
  sct_tensor rows = matrix(z, 2 * n, d, dtype);
  sct_tensor further = matrix(queue, q, d, dtype);
  values_of(rows, z);
  if (q > 0) {
    values_of(further, queue);
  }
  sct_tensor out[3] = {NULL, NULL, NULL};
  sct_tensor plain[3] = {NULL, NULL, NULL};
  sct_tensor grad = NULL;
  OK(sct_set_requires_grad(rows, true));
  OK(sct_set_requires_grad(further, true));
  OK(sct_nt_xent_queue(rows, further, t, &out[0], &out[1], &out[2]));
  OK(sct_nt_xent(rows, t, &plain[0], &plain[1], &plain[2]));
  const double noise = tolerance * (1 + 0.5 / t);
  CLOSE(value_of(out[0]), by_loops(n, q, d, t), noise, tolerance);
  /* Those of the batch alone. */
  CLOSE(value_of(out[1]), value_of(plain[1]), 0, 0);
  CLOSE(value_of(out[2]), value_of(plain[2]), noise, 0);
  if (q > 0) {
    CHECK(value_of(out[0]) > value_of(plain[0]));
  }
  OK(sct_backward(out[0], NULL, false));
  OK(sct_grad(rows, &grad));
  values_of(grad, got);
  for (int64_t i = 0; i < 2 * n; ++i) {
    const double scale = length_of(z + i * d, d) * t * (double)n;
    for (int64_t k = 0; k < d; ++k) {
      CLOSE(got[i * d + k] * scale, expected[i * d + k] * scale, 2 * noise, 0);
    }
  }
  /* No gradient flows into the queue. */
  sct_tensor none = NULL;
  OK(sct_grad(further, &none));
  CHECK(none == NULL);
  sct_tensor all[] = {rows, further, grad, out[0], out[1], out[2], plain[0], plain[1], plain[2]};
  OK(sct_tensor_free(all, 9));
}

/* Whole panels and tiles of rows and of the queue, and what is left of them. */
static void follows_the_loops(void) {
  const int64_t images[] = {1, 2, 24, 49, 80};
  const int64_t queued[] = {0, 1, 23, 48, 97, 300};
  const int64_t columns[] = {1, 33, 70};
  const double temperatures[] = {0.01, 0.1, 0.5};
  for (int i = 0; i < 5; ++i) {
    for (int q = 0; q < 6; ++q) {
      for (int t = 0; t < 3; ++t) {
        const int64_t d = columns[(i + q + t) % 3];
        check_case(images[i], queued[q], d, temperatures[t], SCT_FLOAT32, 2e-6);
      }
      check_case(images[i], queued[q], 9, 0.2, SCT_FLOAT64, 1e-12);
    }
  }
}

static void any_number_of_threads(void) {
  int32_t before = 0;
  OK(sct_num_threads(&before));
  const int32_t threads[] = {1, 2, 3, 7};
  for (int i = 0; i < 4; ++i) {
    OK(sct_set_num_threads(threads[i]));
    check_case(80, 300, 33, 0.1, SCT_FLOAT32, 2e-6);
    check_case(3, 300, 33, 0.01, SCT_FLOAT32, 2e-6);
  }
  OK(sct_set_num_threads(before));
}

static void refuses_nonsense(void) {
  sct_tensor rows = matrix(z, 4, 3, SCT_FLOAT32);
  sct_tensor wide = matrix(queue, 4, 4, SCT_FLOAT32);
  sct_tensor precise = matrix(queue, 4, 3, SCT_FLOAT64);
  sct_tensor out[3] = {NULL, NULL, NULL};
  FAILS(SCT_SHAPE, sct_nt_xent_queue(rows, wide, 0.5, &out[0], &out[1], &out[2]));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent_queue(rows, precise, 0.5, &out[0], &out[1], &out[2]));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent_queue(rows, NULL, 0.5, &out[0], &out[1], &out[2]));
  FAILS(SCT_INVALID_ARGUMENT, sct_nt_xent_queue(rows, rows, 0, &out[0], &out[1], &out[2]));
  CHECK(out[0] == NULL && out[1] == NULL && out[2] == NULL);
  sct_tensor all[] = {rows, wide, precise};
  OK(sct_tensor_free(all, 3));
}

/* Not finite in the queue, the loss is not finite either. */
static void not_finite(void) {
  fill(z, 4 * 3, 3);
  fill(queue, 4 * 3, 5);
  queue[7] = NAN;
  sct_tensor rows = matrix(z, 4, 3, SCT_FLOAT32);
  sct_tensor further = matrix(queue, 4, 3, SCT_FLOAT32);
  const double temperatures[] = {0.01, 0.5};
  for (int i = 0; i < 2; ++i) {
    sct_tensor out[3] = {NULL, NULL, NULL};
    OK(sct_nt_xent_queue(rows, further, temperatures[i], &out[0], &out[1], &out[2]));
    CHECK(isnan(value_of(out[0])));
    OK(sct_tensor_free(out, 3));
  }
  drop(&rows);
  drop(&further);
}

int main(void) {
  int32_t isa = SCT_ISA_AUTO;
  if (sct_augment_isa(&isa) == SCT_UNSUPPORTED) {
    printf("%s\n", sct_last_error());
    return kSkipped;
  }
  follows_the_loops();
  any_number_of_threads();
  refuses_nonsense();
  not_finite();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
