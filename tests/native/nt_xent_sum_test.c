/* The objective of the SimCLR reference against the steps of its code (tf2/objective.py) in double,
 * at lengths about the one below which rows are not brought to length 1. */
#include "tensors.h"

enum { kImages = 7, kColumns = 5, kRows = 2 * kImages, kNumbers = kRows * kColumns };

static const double kTemperature = 0.5;

/* tf.math.l2_normalize(x, -1), epsilon = 1e-12. */
static void normalize(const double *z, double *u) {
  for (int i = 0; i < kRows; ++i) {
    double square = 0;
    for (int k = 0; k < kColumns; ++k) {
      square += z[i * kColumns + k] * z[i * kColumns + k];
    }
    for (int k = 0; k < kColumns; ++k) {
      u[i * kColumns + k] = z[i * kColumns + k] / sqrt(fmax(square, 1e-12));
    }
  }
}

static double logit(const double *u, int i, int j) {
  double dot = 0;
  for (int k = 0; k < kColumns; ++k) {
    dot += u[i * kColumns + k] * u[j * kColumns + k];
  }
  return dot / kTemperature;
}

/* The mean cross-entropy of the anchors from row `a` on with candidates [view from row b on, own
 * view without the anchor] and their own image in the other view as label. */
static double direction(const double *u, int a, int b) {
  double total = 0;
  for (int i = 0; i < kImages; ++i) {
    double sum = 0;
    for (int j = 0; j < kImages; ++j) {
      sum += exp(logit(u, a + i, b + j));
      sum += j == i ? 0 : exp(logit(u, a + i, a + j));
    }
    total += log(sum) - logit(u, a + i, b + i);
  }
  return total / kImages;
}

static double objective(const double *z) {
  double u[kNumbers];
  normalize(z, u);
  return direction(u, 0, kImages) + direction(u, kImages, 0);
}

/* Rows of lengths about 1e-6, of 0, and of usual ones. */
static void fill(double *z) {
  const double lengths[] = {1, 0, 1e-5, 1.1e-6, 0.9e-6, 1e-7, 1e-9};
  uint64_t state = 11;
  for (int i = 0; i < kRows; ++i) {
    double square = 0;
    for (int k = 0; k < kColumns; ++k) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      z[i * kColumns + k] = (double)(state >> 11) / 9007199254740992.0 - 0.5;
      square += z[i * kColumns + k] * z[i * kColumns + k];
    }
    const double length = i < kImages ? lengths[i] : lengths[(i + 3) % kImages];
    for (int k = 0; k < kColumns; ++k) {
      z[i * kColumns + k] *= length / sqrt(square);
    }
  }
}

static double length_of(const double *row) {
  double square = 0;
  for (int k = 0; k < kColumns; ++k) {
    square += row[k] * row[k];
  }
  return sqrt(square);
}

static void follows_the_reference(int32_t dtype, double tolerance) {
  double values[kNumbers];
  double z[kNumbers];
  double got[kNumbers];
  fill(values);
  sct_tensor rows = matrix(values, kRows, kColumns, dtype);
  values_of(rows, z);
  sct_tensor loss = NULL;
  sct_tensor accuracy = NULL;
  sct_tensor entropy = NULL;
  sct_tensor grad = NULL;
  OK(sct_set_requires_grad(rows, true));
  OK(sct_nt_xent_sum(rows, kTemperature, &loss, &accuracy, &entropy));
  CHECK_INT(dtype_of(loss), dtype);
  CLOSE(value_of(loss), objective(z), tolerance, tolerance);
  OK(sct_backward(loss, NULL, false));
  OK(sct_grad(rows, &grad));
  values_of(grad, got);
  for (int i = 0; i < kRows; ++i) {
    /* The gradient of a row goes with the reciprocal of its divisor, so errors are measured by it.
     */
    const double divisor = fmax(length_of(z + i * kColumns), 1e-6);
    const double h = 1e-5 * divisor;
    for (int k = 0; k < kColumns; ++k) {
      double *at = z + i * kColumns + k;
      const double before = *at;
      *at = before + h;
      const double above = objective(z);
      *at = before - h;
      const double below = objective(z);
      *at = before;
      CLOSE(got[i * kColumns + k] * divisor, (above - below) / (2e-5), 1e-8 + tolerance, 0);
    }
  }
  drop(&grad);
  drop(&loss);
  drop(&accuracy);
  drop(&entropy);
  drop(&rows);
}

/* Of rows that are long enough, twice NT-Xent with the same measures, and the same bits. */
static void is_twice_nt_xent(void) {
  double values[kNumbers];
  fill(values);
  for (int i = 0; i < kRows; ++i) {
    for (int k = 0; k < kColumns; ++k) {
      values[i * kColumns + k] = sin(1 + i * kColumns + k);
    }
  }
  sct_tensor rows = matrix(values, kRows, kColumns, SCT_FLOAT32);
  sct_tensor sum[3] = {NULL, NULL, NULL};
  sct_tensor mean[3] = {NULL, NULL, NULL};
  OK(sct_nt_xent_sum(rows, kTemperature, &sum[0], &sum[1], &sum[2]));
  OK(sct_nt_xent(rows, kTemperature, &mean[0], &mean[1], &mean[2]));
  CLOSE(value_of(sum[0]), 2 * value_of(mean[0]), 0, 0);
  CLOSE(value_of(sum[1]), value_of(mean[1]), 0, 0);
  CLOSE(value_of(sum[2]), value_of(mean[2]), 0, 0);
  for (int i = 0; i < 3; ++i) {
    drop(&sum[i]);
    drop(&mean[i]);
  }
  drop(&rows);
}

int main(void) {
  follows_the_reference(SCT_FLOAT64, 1e-9);
  follows_the_reference(SCT_FLOAT32, 3e-6);
  is_twice_nt_xent();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
