/* Tensors for the C tests. */
#ifndef SIMCLR_TENSORS_H
#define SIMCLR_TENSORS_H

#include "check.h"

#define SIZES(...) ((const int64_t[]){__VA_ARGS__})

static inline int64_t numel(sct_tensor t) {
  sct_tensor_info info;
  OK(sct_tensor_describe(t, &info));
  return info.numel;
}

static inline int32_t dtype_of(sct_tensor t) {
  sct_tensor_info info;
  OK(sct_tensor_describe(t, &info));
  return info.dtype;
}

static inline void drop(sct_tensor *t) { OK(sct_tensor_free(t, 1)); }

/* Matrix of `dtype` with the given values. */
static inline sct_tensor matrix(const double *values, int64_t rows, int64_t columns,
                                int32_t dtype) {
  sct_tensor wide = NULL;
  sct_tensor out = NULL;
  OK(sct_tensor_from_data(values, rows * columns * (int64_t)sizeof(double), SIZES(rows, columns), 2,
                          SCT_FLOAT64, &wide));
  OK(sct_to(wide, dtype, SCT_DEVICE_KEEP, -1, SCT_PRESERVE, false, false, &out));
  drop(&wide);
  return out;
}

static inline void values_of(sct_tensor t, double *out) {
  OK(sct_tensor_read(t, SCT_FLOAT64, out, numel(t) * (int64_t)sizeof(double)));
}

static inline double value_of(sct_tensor t) {
  double value = 0;
  OK(sct_item_double(t, &value));
  return value;
}

static inline int64_t live_handles(void) {
  int64_t count = -1;
  OK(sct_live_handles(&count));
  return count;
}

/* Numbers in [-1, 1), the same on every run. */
static inline double noise(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (double)(*state >> 11) / 4503599627370496.0 - 1.0;
}

#endif
