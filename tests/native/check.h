/* Assertions of the C tests. A failing one prints where, what and both values, and the program goes
 * on; CHECK_RESULT is what main returns. */
#ifndef SIMCLR_CHECK_H
#define SIMCLR_CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sct/sct.h"

static int check_failures = 0;

#define CHECK_RESULT (check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE)

#define FAIL_AT(...)                                \
  do {                                              \
    fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
    fprintf(stderr, __VA_ARGS__);                   \
    fputc('\n', stderr);                            \
    ++check_failures;                               \
  } while (0)

#define CHECK(condition)                   \
  do {                                     \
    if (!(condition)) {                    \
      FAIL_AT("not true: %s", #condition); \
    }                                      \
  } while (0)

/* A call that the test cannot go on without. */
#define OK(call)                                                        \
  do {                                                                  \
    const sct_status ok_status = (call);                                \
    if (ok_status != SCT_OK) {                                          \
      FAIL_AT("%s: status %d: %s", #call, ok_status, sct_last_error()); \
      exit(EXIT_FAILURE);                                               \
    }                                                                   \
  } while (0)

#define FAILS(expected, call)                                                               \
  do {                                                                                      \
    const sct_status got = (call);                                                          \
    if (got != (expected)) {                                                                \
      FAIL_AT("%s: status %d instead of %d: %s", #call, got, (expected), sct_last_error()); \
    }                                                                                       \
  } while (0)

#define CHECK_INT(value, expected)                                            \
  do {                                                                        \
    const long long int_value = (value);                                      \
    const long long int_expected = (expected);                                \
    if (int_value != int_expected) {                                          \
      FAIL_AT("%s is %lld instead of %lld", #value, int_value, int_expected); \
    }                                                                         \
  } while (0)

/* |value - expected| <= atol + rtol |expected| at each of `count` elements; reports the worst. */
static inline void check_close(const char *file, int line, const double *values,
                               const double *expected, int64_t count, double atol, double rtol) {
  int64_t worst = -1;
  double worst_excess = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double excess = fabs(values[i] - expected[i]) - (atol + rtol * fabs(expected[i]));
    if (!(excess <= 0) && (worst < 0 || !(excess <= worst_excess))) {
      worst = i;
      worst_excess = excess;
    }
  }
  if (worst >= 0) {
    fprintf(stderr, "%s:%d: element %lld of %lld is %.17g instead of %.17g\n", file, line,
            (long long)worst, (long long)count, values[worst], expected[worst]);
    ++check_failures;
  }
}

#define CLOSE_ALL(values, expected, count, atol, rtol) \
  check_close(__FILE__, __LINE__, values, expected, count, atol, rtol)

#define CLOSE(value, expected, atol, rtol)                                         \
  do {                                                                             \
    const double close_value = (value);                                            \
    const double close_expected = (expected);                                      \
    check_close(__FILE__, __LINE__, &close_value, &close_expected, 1, atol, rtol); \
  } while (0)

#endif
