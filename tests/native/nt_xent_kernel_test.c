/* The float32 kernels of NT-Xent and DCL, of the instruction set that SIMCLR_ISA names, against
 * loops in double precision written from the paper (arXiv 2002.05709, equation 1 and algorithm 1).
 */
#define _POSIX_C_SOURCE 200809L

#include <string.h>
#include <unistd.h>

#include "tensors.h"

enum { kMostRows = 640, kMostValues = kMostRows * 136, kSkipped = 77 };

typedef struct {
  double loss;
  double accuracy;
  double entropy;
  double grad[kMostValues];
} Result;

static double values[kMostValues];
static Result reference;
static Result result;

/* What float32 makes of `values`, and the length of each row. */
static double rounded[kMostValues];
static double length[kMostRows];

/* Which loss: NT-Xent, or DCL (arXiv 2110.06848, equation 6), whose sums lack the positives. */
static bool decoupled;

static double unit[kMostValues];
static double cosine[kMostRows][kMostRows];

/* Over candidates [from, to) other than i and `left_out`. */
static double log_sum(int64_t i, int64_t from, int64_t to, int64_t left_out, double t) {
  double largest = -INFINITY;
  for (int64_t j = from; j < to; ++j) {
    largest = j == i || j == left_out ? largest : fmax(largest, cosine[i][j] / t);
  }
  double sum = 0;
  for (int64_t j = from; j < to; ++j) {
    sum += j == i || j == left_out ? 0 : exp(cosine[i][j] / t - largest);
  }
  return largest + log(sum);
}

static double log_sum_of_anchor(int64_t i, int64_t n, double t) {
  return log_sum(i, 0, 2 * n, decoupled ? (i + n) % (2 * n) : -1, t);
}

static void cosines_by_loops(int64_t m, int64_t d) {
  for (int64_t i = 0; i < m; ++i) {
    double square = 0;
    for (int64_t k = 0; k < d; ++k) {
      square += rounded[i * d + k] * rounded[i * d + k];
    }
    length[i] = sqrt(square);
    for (int64_t k = 0; k < d; ++k) {
      unit[i * d + k] = rounded[i * d + k] / fmax(length[i], 1e-12);
    }
  }
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      double dot = 0;
      for (int64_t k = 0; k < d; ++k) {
        dot += unit[i * d + k] * unit[j * d + k];
      }
      cosine[i][j] = cosine[j][i] = dot;
    }
  }
}

/* l(i, j) = -log( exp(s_ij) / sum_{k != i} exp(s_ik) ), averaged over all i with j their positive.
 */
static void loss_by_loops(int64_t n, int64_t d, double t) {
  const int64_t m = 2 * n;
  cosines_by_loops(m, d);
  reference.loss = 0;
  for (int64_t i = 0; i < m; ++i) {
    reference.loss += (log_sum_of_anchor(i, n, t) - cosine[i][(i + n) % m] / t) / (double)m;
  }
}

static void by_loops(int64_t n, int64_t d, double t) {
  const int64_t m = 2 * n;
  loss_by_loops(n, d, t);
  reference.accuracy = 0;
  reference.entropy = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double all = log_sum(i, n, m, -1, t);
    bool first = true;
    for (int64_t j = n; j < m; ++j) {
      const double log_p = cosine[i][j] / t - all;
      first = first && (j == i + n || cosine[i][i + n] > cosine[i][j]);
      reference.entropy -= exp(log_p) * log_p / (double)n;
    }
    reference.accuracy += first ? 1 / (double)n : 0;
  }
  static double du[kMostValues];
  memset(du, 0, sizeof(double) * (size_t)(m * d));
  for (int64_t i = 0; i < m; ++i) {
    const double all = log_sum_of_anchor(i, n, t);
    const int64_t partner = (i + n) % m;
    for (int64_t j = 0; j < m; ++j) {
      const bool counts = j != i && (j != partner || !decoupled);
      const double p = counts ? exp(cosine[i][j] / t - all) : 0;
      const double ds = (p - (j == partner ? 1 : 0)) / ((double)m * t);
      for (int64_t k = 0; k < d && ds != 0; ++k) {
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
    /* Below 1e-12 the divisor is a constant. */
    along = length[i] < 1e-12 ? 0 : along;
    for (int64_t k = 0; k < d; ++k) {
      const int64_t e = i * d + k;
      reference.grad[e] = (du[e] - along * unit[e]) / fmax(length[i], 1e-12);
    }
  }
}

/* Computes `result` of `values` in a dtype, and `rounded`. */
static void by_library(int64_t n, int64_t d, double t, int32_t type) {
  sct_tensor z = matrix(values, 2 * n, d, type);
  values_of(z, rounded);
  OK(sct_set_requires_grad(z, true));
  sct_tensor out[4] = {NULL, NULL, NULL, NULL};
  OK((decoupled ? sct_dcl : sct_nt_xent)(z, t, &out[0], &out[1], &out[2]));
  CHECK_INT(dtype_of(out[0]), type == SCT_FLOAT64 ? SCT_FLOAT64 : SCT_FLOAT32);
  OK(sct_backward(out[0], NULL, false));
  OK(sct_grad(z, &out[3]));
  CHECK_INT(dtype_of(out[3]), type);
  result.loss = value_of(out[0]);
  result.accuracy = value_of(out[1]);
  result.entropy = value_of(out[2]);
  values_of(out[3], result.grad);
  OK(sct_tensor_free(out, 4));
  drop(&z);
}

/* The rounding of a cosine, which a low temperature magnifies. */
static double noise_at(double t) { return 2.5e-7 / t; }

/* Compares `result` with the loops. The gradient of a row is a sum of unit rows with factors of up
 * to 2 / (M t) each, divided by the length: errors are measured against that, and against the
 * gradient itself by `rtol`. */
static void compare(int64_t n, int64_t d, double t, double rtol) {
  by_loops(n, d, t);
  const int failures = check_failures;
  CLOSE(result.loss, reference.loss, 1e-6 + noise_at(t), 1e-6);
  CLOSE(result.entropy, reference.entropy, 1e-6 + noise_at(t), 1e-6);
  CLOSE(result.accuracy, reference.accuracy, 1e-6, 0);
  for (int64_t i = 0; i < 2 * n; ++i) {
    const double scale = 2 / ((double)(2 * n) * t * fmax(length[i], 1e-12));
    CLOSE_ALL(result.grad + i * d, reference.grad + i * d, d, scale * (1e-6 + noise_at(t)), rtol);
  }
  if (check_failures != failures) {
    fprintf(stderr, "  ... of N = %lld, D = %lld, t = %g\n", (long long)n, (long long)d, t);
  }
}

static void check_case(int64_t n, int64_t d, double t) {
  by_library(n, d, t, SCT_FLOAT32);
  compare(n, d, t, 1e-5);
}

/* Two noisy views of each image, of lengths from 0.1 to 10. */
static void fill(int64_t n, int64_t d, uint64_t seed) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t k = 0; k < d; ++k) {
      const double image = noise(&seed);
      values[i * d + k] = image + 0.5 * noise(&seed);
      values[(n + i) * d + k] = image + 0.5 * noise(&seed);
    }
  }
  for (int64_t i = 0; i < 2 * n; ++i) {
    const double factor = pow(10, noise(&seed));
    for (int64_t k = 0; k < d; ++k) {
      values[i * d + k] *= factor;
    }
  }
}

/* Each number of images and each width, so that every tail of rows and columns comes. */
static void every_tail(void) {
  static const double temperatures[] = {0.5, 0.1, 0.03, 0.01, 2, 100};
  static const int64_t widths[] = {1, 7, 64, 130};
  const int64_t counts[] = {decoupled ? 2 : 1, 13, 49, 70};
  for (int64_t n = decoupled ? 2 : 1; n <= 70; ++n) {
    for (int i = 0; i < 4; ++i) {
      fill(n, widths[i], (uint64_t)(1000 * n + i));
      check_case(n, widths[i], temperatures[(n + i) % 6]);
    }
  }
  for (int64_t d = 1; d <= 130; ++d) {
    for (int i = 0; i < 4; ++i) {
      fill(counts[i], d, (uint64_t)(7777 * d + i));
      check_case(counts[i], d, temperatures[(d + i) % 6]);
    }
  }
}

/* Several tiles for each thread, whose number must not matter beyond rounding. */
static void any_number_of_threads(void) {
  int32_t before = 0;
  OK(sct_num_threads(&before));
  const int32_t threads[] = {1, 2, 3, 5, 16};
  for (int i = 0; i < 5; ++i) {
    OK(sct_set_num_threads(threads[i]));
    fill(317, 40, 5);
    check_case(317, 40, i % 2 == 0 ? 0.2 : 0.02);
  }
  OK(sct_set_num_threads(before));
}

static void same_bits_on_every_run(void) {
  static double first[kMostValues];
  fill(300, 65, 11);
  by_library(300, 65, 0.1, SCT_FLOAT32);
  const double loss = result.loss;
  memcpy(first, result.grad, sizeof(first));
  for (int run = 0; run < 5; ++run) {
    by_library(300, 65, 0.1, SCT_FLOAT32);
    CHECK(loss == result.loss);
    CHECK(memcmp(first, result.grad, sizeof(double) * 600 * 65) == 0);
  }
}

enum { kLargeRows = 8192, kLargeColumns = 16 };

/* FNV-1a over the bits of a float32 tensor. */
static uint64_t hash_of(uint64_t hash, sct_tensor t) {
  static float numbers[kLargeRows * kLargeColumns];
  const int64_t count = numel(t);
  OK(sct_tensor_read(t, SCT_FLOAT32, numbers, count * (int64_t)sizeof(float)));
  for (int64_t i = 0; i < count; ++i) {
    CHECK(isfinite(numbers[i]));
    uint32_t bits = 0;
    memcpy(&bits, &numbers[i], sizeof(bits));
    hash = (hash ^ bits) * 1099511628211u;
  }
  return hash;
}

enum { kNtXent, kDcl, kSupCon, kLosses };

/* Of the loss, what is measured beside it and the gradient, of 8,192 rows. */
static uint64_t hash_of_large_batch(int loss, double t) {
  sct_tensor z = NULL;
  OK(sct_empty(SIZES(kLargeRows, kLargeColumns), 2, SCT_FLOAT32, SCT_CPU, -1, SCT_CONTIGUOUS, &z));
  OK(sct_normal_(z, 0, 1, 9));
  OK(sct_set_requires_grad(z, true));
  sct_tensor out[4] = {NULL, NULL, NULL, NULL};
  if (loss == kSupCon) {
    static int64_t labels[kLargeRows];
    for (int64_t row = 0; row < kLargeRows; ++row) {
      labels[row] = row * row % 1009; /* of one to a few dozen rows */
    }
    sct_tensor label = NULL;
    OK(sct_tensor_from_data(labels, (int64_t)sizeof(labels), SIZES(kLargeRows), 1, SCT_INT64,
                            &label));
    OK(sct_sup_con(z, label, t, &out[0], &out[1]));
    drop(&label);
  } else {
    OK((loss == kDcl ? sct_dcl : sct_nt_xent)(z, t, &out[0], &out[1], &out[2]));
  }
  OK(sct_backward(out[0], NULL, false));
  OK(sct_grad(z, &out[3]));
  uint64_t hash = 14695981039346656037u;
  for (int i = 0; i < 4; ++i) {
    if (out[i] != NULL) {
      hash = hash_of(hash, out[i]);
      drop(&out[i]);
    }
  }
  drop(&z);
  return hash;
}

enum { kThreads = 3, kHashes = kLosses * 2 * kThreads };

/* Each loss with and without a running maximum, with one to three threads. */
static void hash_large_batches(uint64_t *hashes) {
  int32_t before = 0;
  OK(sct_num_threads(&before));
  for (int i = 0; i < kHashes; ++i) {
    OK(sct_set_num_threads(1 + i % kThreads));
    hashes[i] = hash_of_large_batch(i / (2 * kThreads), i / kThreads % 2 == 0 ? 0.1 : 0.01);
  }
  OK(sct_set_num_threads(before));
}

static const char kHashArgument[] = "hashes";

/* What this program prints with kHashArgument, in a process of its own. */
static void hash_elsewhere(uint64_t *hashes) {
  char command[4096] = "'";
  const ssize_t length = readlink("/proc/self/exe", command + 1, sizeof(command) - 32);
  CHECK(length > 0);
  snprintf(command + 1 + length, 31, "' %s", kHashArgument);
  FILE *output = popen(command, "r");
  CHECK(output != NULL);
  for (int i = 0; i < kHashes; ++i) {
    unsigned long long hash = 0;
    CHECK_INT(fscanf(output, "%llx", &hash), 1);
    hashes[i] = hash;
  }
  CHECK_INT(pclose(output), 0);
}

static void same_bits_of_large_batches(void) {
  uint64_t hashes[kHashes];
  uint64_t again[kHashes];
  uint64_t elsewhere[kHashes];
  hash_large_batches(hashes);
  hash_large_batches(again);
  hash_elsewhere(elsewhere);
  for (int i = 0; i < kHashes; ++i) {
    CHECK(hashes[i] == again[i]);
    CHECK(hashes[i] == elsewhere[i]);
    /* Another loss or temperature has other bits. */
    for (int j = 0; j < i / kThreads * kThreads; ++j) {
      CHECK(hashes[i] != hashes[j]);
    }
  }
}

static void copy_row(int64_t to, int64_t from, int64_t d) {
  memcpy(values + to * d, values + from * d, sizeof(double) * (size_t)d);
}

/* Images that come twice, views that are equal, and both. */
static void duplicates(void) {
  const int64_t n = 30;
  const int64_t d = 19;
  const double temperatures[] = {0.01, 0.1, 0.5};
  for (int i = 0; i < 3; ++i) {
    fill(n, d, 21);
    for (int64_t k = 0; k < 10; ++k) {
      copy_row(n + k, k, d);
    }
    for (int64_t k = 20; k < 30; ++k) {
      copy_row(k, 5, d);
    }
    by_library(n, d, temperatures[i], SCT_FLOAT32);
    by_loops(n, d, temperatures[i]);
    /* Rows that are equal tie, in double as in float32. */
    result.accuracy = reference.accuracy;
    compare(n, d, temperatures[i], 1e-5);
  }
}

/* Rows along axes, whose similarities are exactly 0 or 1: a positive that is as similar as a rival
 * is no hit. */
static void a_tie_is_no_hit(void) {
  static const int64_t sizes[][2] = {{2, 2}, {3, 2}, {9, 5}, {60, 40}, {150, 130}, {300, 64}};
  const double temperatures[] = {0.01, 0.1, 0.5};
  int64_t all = 0;
  for (int i = 0; i < 18; ++i) {
    const int64_t n = sizes[i / 3][0];
    const int64_t d = sizes[i / 3][1];
    int64_t axis[kMostRows];
    memset(values, 0, sizeof(values));
    for (int64_t r = 0; r < 2 * n; ++r) {
      /* View 2 of every fourth image is along the next axis, which may be a rival's. */
      axis[r] = (r % n + (r >= n && r % n % 4 == 3 ? 1 : 0)) % d;
      values[r * d + axis[r]] = ldexp(1, (int)(r % 5) - 2);
    }
    int64_t hits = 0;
    for (int64_t k = 0; k < n; ++k) {
      int64_t as_near = 0;
      for (int64_t j = 0; j < n; ++j) {
        as_near += axis[n + j] == axis[k] ? 1 : 0;
      }
      hits += axis[n + k] == axis[k] && as_near == 1 ? 1 : 0;
    }
    CHECK(hits < n || n == 2);
    all += hits;
    by_library(n, d, temperatures[i % 3], SCT_FLOAT32);
    CLOSE(result.accuracy, (double)hits / (double)n, 1e-7, 0);
    compare(n, d, temperatures[i % 3], 1e-5);
  }
  CHECK(all > 0);
}

/* The other implementation, with a matrix. */
static void double_precision(void) {
  const int64_t counts[] = {2, 25, 60};
  for (int i = 0; i < 3; ++i) {
    const double t = i == 1 ? 0.01 : 0.3;
    fill(counts[i], 12, 91);
    by_library(counts[i], 12, t, SCT_FLOAT64);
    by_loops(counts[i], 12, t);
    CLOSE(result.loss, reference.loss, 1e-12, 1e-12);
    CLOSE(result.entropy, reference.entropy, 1e-12, 1e-12);
    CLOSE(result.accuracy, reference.accuracy, 1e-12, 0);
    CLOSE_ALL(result.grad, reference.grad, 2 * counts[i] * 12, 1e-12, 1e-9);
  }
}

/* Lengths from 1e-6 to 1e15, and beyond what float32 can square. */
static void any_length(void) {
  const int64_t n = 27;
  const int64_t d = 33;
  fill(n, d, 31);
  for (int64_t i = 0; i < 2 * n; ++i) {
    const double factor = pow(10, i < 22 ? (double)i - 6 : i < 30 ? 30 : -25 + (double)(i % 10));
    for (int64_t k = 0; k < d; ++k) {
      values[i * d + k] *= factor;
    }
  }
  check_case(n, d, 0.1);
  check_case(n, d, 0.015);
}

/* Rows of zeros, and of numbers so small that the divisor is the constant 1e-12: the similarity is
 * about 0, and the gradient that of u times 1e12. */
static void zeros_and_tiny_rows(void) {
  const int64_t n = 9;
  const int64_t d = 12;
  fill(n, d, 41);
  for (int64_t k = 0; k < d; ++k) {
    values[3 * d + k] = 0;
    values[(n + 4) * d + k] *= 1e-14;
  }
  check_case(n, d, 0.5);
  CHECK(isfinite(result.loss));
  CHECK(fabs(result.grad[3 * d]) > 1e8);
  memset(values, 0, sizeof(values));
  check_case(n, d, 0.5);
  CLOSE(result.loss, log(decoupled ? 16 : 17), 0, 1e-6);
}

/* All rows equal: ln(2N - 1), ln N, no hit, and no gradient. */
static void collapse_has_a_closed_form(void) {
  const int64_t counts[] = {2, 24, 25, 48, 49, 100, 300};
  const double temperatures[] = {0.01, 0.1, 0.5, 100};
  for (int i = 0; i < 7; ++i) {
    for (int j = 0; j < 4; ++j) {
      const int64_t n = counts[i];
      for (int64_t e = 0; e < 2 * n * 50; ++e) {
        values[e] = 0.1 + 0.01 * (double)(e % 50);
      }
      by_library(n, 50, temperatures[j], SCT_FLOAT32);
      CLOSE(result.loss, log((double)(2 * n - (decoupled ? 2 : 1))), 0, 1e-6);
      CLOSE(result.entropy, log((double)n), 0, 1e-6);
      CLOSE(result.accuracy, 0, 0, 0);
      /* Rows are 2.5 long. */
      const double scale = 1 / (2.5 * (double)n * temperatures[j]);
      for (int64_t e = 0; e < 2 * n * 50; ++e) {
        CLOSE(result.grad[e], 0, scale * (2e-6 + noise_at(temperatures[j])), 0);
      }
    }
  }
}

/* The loops' own gradient, by central differences of the loops' loss. */
static void loops_have_the_gradient_of_their_loss(void) {
  const int64_t n = 4;
  const int64_t d = 3;
  fill(n, d, 51);
  memcpy(rounded, values, sizeof(rounded));
  by_loops(n, d, 0.2);
  for (int64_t e = 0; e < 2 * n * d; ++e) {
    const double h = 1e-6 * fabs(values[e]);
    rounded[e] = values[e] + h;
    loss_by_loops(n, d, 0.2);
    const double above = reference.loss;
    rounded[e] = values[e] - h;
    loss_by_loops(n, d, 0.2);
    rounded[e] = values[e];
    CLOSE(reference.grad[e], (above - reference.loss) / (2 * h), 1e-8, 1e-6);
  }
}

/* Swapping the views changes nothing, and permuting the images permutes the gradient. */
static void symmetric(void) {
  const int64_t n = 150;
  const int64_t d = 37;
  static double before[kMostValues];
  static double moved[kMostValues];
  const double temperatures[] = {0.01, 0.1, 0.5};
  for (int i = 0; i < 3; ++i) {
    const double t = temperatures[i];
    const double tolerance = 1e-6 + noise_at(t);
    fill(n, d, 61);
    by_library(n, d, t, SCT_FLOAT32);
    const double loss = result.loss;
    const double accuracy = result.accuracy;
    memcpy(before, result.grad, sizeof(before));
    memcpy(moved, values, sizeof(moved));
    /* Image k comes from image 7 k of the first order, and its views are exchanged. */
    for (int64_t r = 0; r < 2 * n; ++r) {
      const int64_t from = (r % n * 7) % n + (r < n ? n : 0);
      memcpy(values + r * d, moved + from * d, sizeof(double) * (size_t)d);
    }
    by_library(n, d, t, SCT_FLOAT32);
    CLOSE(result.loss, loss, tolerance, 2e-6);
    for (int64_t r = 0; r < 2 * n; ++r) {
      const int64_t from = (r % n * 7) % n + (r < n ? n : 0);
      double norm = 0;
      for (int64_t k = 0; k < d; ++k) {
        norm += moved[from * d + k] * moved[from * d + k];
      }
      const double scale = 1 / ((double)n * t * sqrt(norm));
      CLOSE_ALL(result.grad + r * d, before + from * d, d, scale * tolerance, 1e-5);
    }
    /* Permuting alone keeps the anchors of the accuracy. */
    for (int64_t r = 0; r < 2 * n; ++r) {
      memcpy(values + r * d, moved + ((r % n * 7) % n + (r < n ? 0 : n)) * d,
             sizeof(double) * (size_t)d);
    }
    by_library(n, d, t, SCT_FLOAT32);
    CLOSE(result.loss, loss, tolerance, 2e-6);
    CLOSE(result.accuracy, accuracy, 1e-7, 0);
  }
}

/* bfloat16 is converted: the loss is that of the rounded numbers, the gradient rounded to 8 bits.
 */
static void bfloat16(void) {
  const double temperatures[] = {0.01, 0.1, 0.5};
  for (int i = 0; i < 3; ++i) {
    fill(90, 70, (uint64_t)(71 + i));
    by_library(90, 70, temperatures[i], SCT_BFLOAT16);
    compare(90, 70, temperatures[i], 1.0 / 256 + 1e-5);
  }
}

/* One number that is not finite, anywhere: the loss is not either. */
static void not_finite(void) {
  const double bad[] = {NAN, INFINITY, -INFINITY};
  const double temperatures[] = {0.5, 0.01};
  const int64_t n = 60;
  const int64_t d = 21;
  for (int64_t row = 0; row < 2 * n; row += 17) {
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 2; ++j) {
        fill(n, d, 81);
        values[row * d + row % d] = bad[i];
        by_library(n, d, temperatures[j], SCT_FLOAT32);
        CHECK(!isfinite(result.loss));
      }
    }
  }
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], kHashArgument) == 0) {
    uint64_t hashes[kHashes];
    hash_large_batches(hashes);
    for (int i = 0; i < kHashes; ++i) {
      printf("%llx\n", (unsigned long long)hashes[i]);
    }
    return CHECK_RESULT;
  }
  int32_t isa = SCT_ISA_AUTO;
  if (sct_augment_isa(&isa) == SCT_UNSUPPORTED) {
    printf("%s\n", sct_last_error());
    return kSkipped;
  }
  same_bits_of_large_batches();
  for (int loss = 0; loss < 2; ++loss) {
    decoupled = loss == 1;
    loops_have_the_gradient_of_their_loss();
    every_tail();
    any_number_of_threads();
    same_bits_on_every_run();
    duplicates();
    a_tie_is_no_hit();
    any_length();
    zeros_and_tiny_rows();
    collapse_has_a_closed_form();
    symmetric();
    bfloat16();
    double_precision();
    not_finite();
  }
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
