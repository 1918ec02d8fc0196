/* Seeded draws depend on the seed alone. */
#include <string.h>

#include "tensors.h"

#define COUNT 4096

static void draw(uint64_t seed, int32_t memory_format, double *out) {
  sct_tensor t = NULL;
  OK(sct_empty(SIZES(4, 16, 8, 8), 4, SCT_FLOAT32, SCT_CPU, -1, memory_format, &t));
  OK(sct_normal_(t, 1, 2, seed));
  values_of(t, out);
  drop(&t);
}

static void seed_decides(void) {
  static double a[COUNT];
  static double b[COUNT];
  draw(7, SCT_CONTIGUOUS, a);
  OK(sct_manual_seed(3));
  draw(7, SCT_CONTIGUOUS, b);
  CHECK(memcmp(a, b, sizeof(a)) == 0);
  draw(7, SCT_CHANNELS_LAST, b);
  CHECK(memcmp(a, b, sizeof(a)) == 0);
  draw(((uint64_t)1 << 40) + 7, SCT_CONTIGUOUS, b);
  CHECK(memcmp(a, b, sizeof(a)) != 0);
}

/* Mean 1 and standard deviation 2, within five standard errors. */
static void moments_are_right(void) {
  static double values[COUNT];
  draw(11, SCT_CONTIGUOUS, values);
  double mean = 0;
  double square = 0;
  for (int i = 0; i < COUNT; ++i) {
    mean += values[i] / COUNT;
  }
  for (int i = 0; i < COUNT; ++i) {
    square += (values[i] - mean) * (values[i] - mean) / COUNT;
  }
  CLOSE(mean, 1, 5 * 2 / sqrt(COUNT), 0);
  CLOSE(sqrt(square), 2, 5 * 2 / sqrt(2.0 * COUNT), 0);
}

static void uniform_stays_inside(void) {
  sct_tensor t = NULL;
  static double values[COUNT];
  OK(sct_empty(SIZES(COUNT), 1, SCT_FLOAT64, SCT_CPU, -1, SCT_CONTIGUOUS, &t));
  OK(sct_uniform_(t, -3, 5, 1));
  values_of(t, values);
  double least = values[0];
  double most = values[0];
  for (int i = 0; i < COUNT; ++i) {
    least = fmin(least, values[i]);
    most = fmax(most, values[i]);
  }
  CHECK(least >= -3 && least < -2.9 && most < 5 && most > 4.9);
  FAILS(SCT_INVALID_ARGUMENT, sct_normal_(t, 0, -1, 1));
  FAILS(SCT_INVALID_ARGUMENT, sct_normal_(t, 0, NAN, 1));
  CHECK(sct_uniform_(t, 5, -3, 1) != SCT_OK);
  drop(&t);
}

static void permutation_has_each_once(void) {
  sct_tensor t = NULL;
  static double values[COUNT];
  bool seen[COUNT] = {false};
  OK(sct_randperm(COUNT, 5, &t));
  CHECK_INT(dtype_of(t), SCT_INT64);
  values_of(t, values);
  int in_place = 0;
  for (int i = 0; i < COUNT; ++i) {
    const int value = (int)values[i];
    CHECK(value >= 0 && value < COUNT && !seen[value]);
    seen[value] = true;
    in_place += value == i;
  }
  CHECK(in_place < 20);
  drop(&t);
}

int main(void) {
  seed_decides();
  moments_are_right();
  uniform_stays_inside();
  permutation_has_each_once();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
