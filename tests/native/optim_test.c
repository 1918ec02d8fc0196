/* Optimizer steps against their formulas, written out in loops in double. */
#include <string.h>

#include "tensors.h"

enum { kParams = 4, kMost = 60, kSteps = 5 };

/* Parameter 1 starts at zero, parameter 2 has a gradient of zero, parameter 3 has none. */
static const int64_t kRows[kParams] = {6, 1, 3, 2};
static const int64_t kColumns[kParams] = {10, 7, 3, 2};
static const int kNoGradient = 3;

typedef struct {
  double w[kParams][kMost];
  double g[kParams][kMost];
  double a[kParams][kMost];
  double b[kParams][kMost];
  sct_tensor params[kParams];
  sct_tensor first[kParams];
  sct_tensor second[kParams];
} State;

static int64_t size_of(int p) { return kRows[p] * kColumns[p]; }

static void start(State *s, int32_t dtype) {
  uint64_t seed = 42;
  *s = (State){0};
  for (int p = 0; p < kParams; ++p) {
    for (int64_t i = 0; i < size_of(p); ++i) {
      s->w[p][i] = p == 1 ? 0 : noise(&seed);
    }
    s->params[p] = matrix(s->w[p], kRows[p], kColumns[p], dtype);
    values_of(s->params[p], s->w[p]);
    OK(sct_set_requires_grad(s->params[p], true));
    OK(sct_zeros_like(s->params[p], &s->first[p]));
    OK(sct_zeros_like(s->params[p], &s->second[p]));
  }
}

static void new_gradients(State *s, int step, int32_t dtype) {
  uint64_t seed = 1000 + (uint64_t)step;
  for (int p = 0; p < kParams; ++p) {
    if (p == kNoGradient) {
      continue;
    }
    for (int64_t i = 0; i < size_of(p); ++i) {
      s->g[p][i] = p == 2 ? 0 : noise(&seed);
    }
    sct_tensor grad = matrix(s->g[p], kRows[p], kColumns[p], dtype);
    values_of(grad, s->g[p]);
    OK(sct_set_grad(s->params[p], grad));
    drop(&grad);
  }
}

static void compare(State *s, double rtol) {
  for (int p = 0; p < kParams; ++p) {
    double got[kMost];
    values_of(s->params[p], got);
    CLOSE_ALL(got, s->w[p], size_of(p), rtol, rtol);
    values_of(s->first[p], got);
    CLOSE_ALL(got, s->a[p], size_of(p), rtol, rtol);
    values_of(s->second[p], got);
    CLOSE_ALL(got, s->b[p], size_of(p), rtol, rtol);
    sct_tensor grad = NULL;
    OK(sct_grad(s->params[p], &grad));
    CHECK((grad == NULL) == (p == kNoGradient));
    if (grad != NULL) {
      values_of(grad, got);
      CLOSE_ALL(got, s->g[p], size_of(p), 0, 0);
      drop(&grad);
    }
  }
}

static void finish(State *s) {
  OK(sct_tensor_free(s->params, kParams));
  OK(sct_tensor_free(s->first, kParams));
  OK(sct_tensor_free(s->second, kParams));
}

static void sgd(double momentum, double decay, bool nesterov, int32_t dtype, double rtol) {
  static State s;
  const double lr = 0.3;
  start(&s, dtype);
  for (int step = 0; step < kSteps; ++step) {
    new_gradients(&s, step, dtype);
    OK(sct_sgd_step(s.params, momentum == 0 ? NULL : s.first, kParams, lr, momentum, decay,
                    nesterov));
    for (int p = 0; p < kParams; ++p) {
      for (int64_t i = 0; p != kNoGradient && i < size_of(p); ++i) {
        const double g = s.g[p][i] + decay * s.w[p][i];
        if (momentum == 0) {
          s.w[p][i] -= lr * g;
          continue;
        }
        s.a[p][i] = momentum * s.a[p][i] + g;
        s.w[p][i] -= lr * (nesterov ? g + momentum * s.a[p][i] : s.a[p][i]);
      }
    }
    compare(&s, rtol);
  }
  finish(&s);
}

static double norm(const double *values, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += values[i] * values[i];
  }
  return sqrt(sum);
}

static void lars(double decay, bool adapt, bool nesterov, int32_t dtype, double rtol) {
  static State s;
  const double lr = 4.8;
  const double momentum = 0.9;
  const double eeta = 0.001;
  start(&s, dtype);
  for (int step = 0; step < kSteps; ++step) {
    new_gradients(&s, step, dtype);
    OK(sct_lars_step(s.params, s.first, kParams, lr, momentum, decay, eeta, adapt, nesterov));
    for (int p = 0; p < kParams; ++p) {
      if (p == kNoGradient) {
        continue;
      }
      double g[kMost];
      for (int64_t i = 0; i < size_of(p); ++i) {
        g[i] = s.g[p][i] + decay * s.w[p][i];
      }
      const double w_norm = norm(s.w[p], size_of(p));
      const double g_norm = norm(g, size_of(p));
      const double ratio = adapt && w_norm > 0 && g_norm > 0 ? eeta * w_norm / g_norm : 1;
      for (int64_t i = 0; i < size_of(p); ++i) {
        const double scaled = lr * ratio * g[i];
        s.a[p][i] = momentum * s.a[p][i] + scaled;
        s.w[p][i] -= nesterov ? momentum * s.a[p][i] + scaled : s.a[p][i];
      }
    }
    compare(&s, rtol);
  }
  finish(&s);
}

static void adamw(double decay, int32_t dtype, double rtol) {
  static State s;
  const double lr = 0.01;
  const double beta1 = 0.9;
  const double beta2 = 0.99;
  const double eps = 1e-8;
  start(&s, dtype);
  for (int step = 1; step <= kSteps; ++step) {
    new_gradients(&s, step, dtype);
    OK(sct_adamw_step(s.params, s.first, s.second, kParams, step, lr, beta1, beta2, eps, decay));
    for (int p = 0; p < kParams; ++p) {
      for (int64_t i = 0; p != kNoGradient && i < size_of(p); ++i) {
        const double g = s.g[p][i];
        s.w[p][i] *= 1 - lr * decay;
        s.a[p][i] = beta1 * s.a[p][i] + (1 - beta1) * g;
        s.b[p][i] = beta2 * s.b[p][i] + (1 - beta2) * g * g;
        const double m = s.a[p][i] / (1 - pow(beta1, step));
        const double v = s.b[p][i] / (1 - pow(beta2, step));
        s.w[p][i] -= lr * m / (sqrt(v) + eps);
      }
    }
    compare(&s, rtol);
  }
  finish(&s);
}

static void gradients_as_a_whole(void) {
  static State s;
  start(&s, SCT_FLOAT64);
  double got = -1;
  OK(sct_grad_norm(s.params, kParams, &got));
  CLOSE(got, 0, 0, 0);
  new_gradients(&s, 0, SCT_FLOAT64);
  OK(sct_grad_norm(s.params, kParams, &got));
  CLOSE(got, hypot(norm(s.g[0], size_of(0)), norm(s.g[1], size_of(1))), 0, 1e-14);
  OK(sct_zero_grad(s.params, kParams));
  for (int p = 0; p < kParams; ++p) {
    sct_tensor grad = NULL;
    OK(sct_grad(s.params[p], &grad));
    CHECK(grad == NULL);
  }
  finish(&s);
}

static void moving_average(void) {
  static State s;
  start(&s, SCT_FLOAT64);
  OK(sct_ema_update(s.first, s.params, kParams, 0.75));
  OK(sct_ema_update(s.first, s.params, kParams, 0.75));
  double got[kMost];
  double expected[kMost];
  values_of(s.first[0], got);
  for (int64_t i = 0; i < size_of(0); ++i) {
    expected[i] = s.w[0][i] * (1 - 0.75 * 0.75);
  }
  CLOSE_ALL(got, expected, size_of(0), 1e-15, 1e-14);
  finish(&s);
}

/* Lists whose tensors take many blocks, or share one, in memory orders that the kernels take, or
 * leave to libtorch. */
enum { kLongParams = 6, kLongest = 300000 };
static const int64_t kLong[kLongParams] = {100003, 1, 16384, kLongest, 40, 8 * 3 * 5 * 5};

typedef struct {
  double w[kLongParams][kLongest];
  double v[kLongParams][kLongest];
} LongState;

typedef enum { kSgd, kLars, kLarsExcluded } Rule;

/* What happens to the memory order of the last parameter, which is [8, 3, 5, 5], and its state. */
typedef enum { kSameOrder, kGradOrder, kStateOrder } Order;

static sct_tensor reordered(sct_tensor row, bool channels_last) {
  sct_tensor images = NULL;
  sct_tensor out = NULL;
  OK(sct_view(row, SIZES(8, 3, 5, 5), 4, &images));
  OK(sct_contiguous(images, channels_last ? SCT_CHANNELS_LAST : SCT_CONTIGUOUS, &out));
  OK(sct_tensor_free((sct_tensor[]){row, images}, 2));
  return out;
}

static double long_gradient(int step, int p, int64_t i) {
  return (float)(sin(0.37 * (double)i + p) + 0.1 * step);
}

static void long_steps(Rule rule, bool nesterov, Order order, int32_t threads, LongState *out) {
  int32_t before = 0;
  OK(sct_num_threads(&before));
  OK(sct_set_num_threads(threads));
  sct_tensor params[kLongParams];
  sct_tensor states[kLongParams];
  static double values[kLongest];
  for (int p = 0; p < kLongParams; ++p) {
    const bool images = p == kLongParams - 1;
    for (int64_t i = 0; i < kLong[p]; ++i) {
      values[i] = (float)cos(0.11 * (double)i + p);
    }
    params[p] = matrix(values, 1, kLong[p], SCT_FLOAT32);
    OK(sct_zeros_like(params[p], &states[p]));
    if (images) {
      params[p] = reordered(params[p], true);
      states[p] = reordered(states[p], order != kStateOrder);
    }
    OK(sct_set_requires_grad(params[p], true));
  }
  for (int step = 0; step < 2; ++step) {
    for (int p = 0; p < kLongParams; ++p) {
      for (int64_t i = 0; i < kLong[p]; ++i) {
        values[i] = long_gradient(step, p, i);
      }
      sct_tensor grad = matrix(values, 1, kLong[p], SCT_FLOAT32);
      if (p == kLongParams - 1) {
        grad = reordered(grad, order != kGradOrder);
      }
      OK(sct_set_grad(params[p], grad));
      drop(&grad);
    }
    if (rule == kSgd) {
      OK(sct_sgd_step(params, states, kLongParams, 0.3, 0.9, 0.01, nesterov));
    } else {
      OK(sct_lars_step(params, states, kLongParams, 2, 0.9, 0.01, 0.02, rule == kLars, nesterov));
    }
  }
  for (int p = 0; p < kLongParams; ++p) {
    values_of(params[p], out->w[p]);
    values_of(states[p], out->v[p]);
  }
  OK(sct_tensor_free(params, kLongParams));
  OK(sct_tensor_free(states, kLongParams));
  OK(sct_set_num_threads(before));
}

static void long_loops(Rule rule, bool nesterov, LongState *out) {
  for (int p = 0; p < kLongParams; ++p) {
    double *w = out->w[p];
    double *v = out->v[p];
    for (int64_t i = 0; i < kLong[p]; ++i) {
      w[i] = (float)cos(0.11 * (double)i + p);
      v[i] = 0;
    }
    for (int step = 0; step < 2; ++step) {
      double w_square = 0;
      double g_square = 0;
      for (int64_t i = 0; i < kLong[p]; ++i) {
        w_square += w[i] * w[i];
        g_square += pow(long_gradient(step, p, i) + 0.01 * w[i], 2);
      }
      const double rate = rule == kLars ? 2 * 0.02 * sqrt(w_square) / sqrt(g_square) : 2;
      for (int64_t i = 0; i < kLong[p]; ++i) {
        const double g = long_gradient(step, p, i) + 0.01 * w[i];
        if (rule == kSgd) {
          v[i] = 0.9 * v[i] + g;
          w[i] -= 0.3 * (nesterov ? g + 0.9 * v[i] : v[i]);
        } else {
          v[i] = 0.9 * v[i] + rate * g;
          w[i] -= nesterov ? 0.9 * v[i] + rate * g : v[i];
        }
      }
    }
  }
}

static void long_lists(void) {
  static LongState expected;
  static LongState got;
  static LongState first;
  for (Rule rule = kSgd; rule <= kLarsExcluded; ++rule) {
    for (int nesterov = 0; nesterov < 2; ++nesterov) {
      long_loops(rule, nesterov, &expected);
      const int32_t threads[] = {1, 2, 3, 2, 2};
      const Order orders[] = {kSameOrder, kSameOrder, kSameOrder, kGradOrder, kStateOrder};
      for (int run = 0; run < 5; ++run) {
        long_steps(rule, nesterov, orders[run], threads[run], &got);
        if (run == 0) {
          first = got;
        }
        for (int p = 0; p < kLongParams; ++p) {
          CLOSE_ALL(got.w[p], expected.w[p], kLong[p], 2e-6, 2e-6);
          CLOSE_ALL(got.v[p], expected.v[p], kLong[p], 2e-6, 2e-6);
          if (run < 3) {
            const size_t bytes = sizeof(double) * (size_t)kLong[p];
            CHECK(memcmp(got.w[p], first.w[p], bytes) == 0);
          }
        }
      }
    }
  }
}

/* A parameter that is there twice moves twice. */
static void duplicates_move_in_turn(void) {
  const double one = 1;
  sct_tensor w = matrix(&one, 1, 1, SCT_FLOAT32);
  OK(sct_set_requires_grad(w, true));
  sct_tensor grad = matrix(&one, 1, 1, SCT_FLOAT32);
  OK(sct_set_grad(w, grad));
  OK(sct_sgd_step((sct_tensor[]){w, w}, NULL, 2, 0.25, 0, 0, false));
  CLOSE(value_of(w), 0.5, 0, 0);
  OK(sct_tensor_free((sct_tensor[]){w, grad}, 2));
}

static void refuses_nonsense(void) {
  static State s;
  start(&s, SCT_FLOAT32);
  new_gradients(&s, 0, SCT_FLOAT32);
  sct_tensor swapped[kParams] = {s.first[1], s.first[0], s.first[2], s.first[3]};
  FAILS(SCT_SHAPE, sct_sgd_step(s.params, swapped, kParams, 0.1, 0.9, 0, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, NULL, kParams, 0.1, 0.9, 0, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, s.first, kParams, NAN, 0.9, 0, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, s.first, -1, 0.1, 0.9, 0, false));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_adamw_step(s.params, s.first, s.second, kParams, 0, 0.1, 0.9, 0.99, 1e-8, 0));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_adamw_step(s.params, s.first, s.second, kParams, 1, 0.1, 1.0, 0.99, 1e-8, 0));
  compare(&s, 0);
  OK(sct_sgd_step(NULL, NULL, 0, 0.1, 0.9, 0, false));
  finish(&s);
}

int main(void) {
  const int32_t dtypes[] = {SCT_FLOAT64, SCT_FLOAT32};
  const double tolerances[] = {1e-13, 1e-5};
  for (int i = 0; i < 2; ++i) {
    sgd(0, 0, false, dtypes[i], tolerances[i]);
    sgd(0, 0.1, false, dtypes[i], tolerances[i]);
    sgd(0.9, 0.1, false, dtypes[i], tolerances[i]);
    sgd(0.9, 0.1, true, dtypes[i], tolerances[i]);
    lars(0, true, false, dtypes[i], tolerances[i]);
    lars(1e-2, true, false, dtypes[i], tolerances[i]);
    lars(1e-2, true, true, dtypes[i], tolerances[i]);
    lars(0, false, false, dtypes[i], tolerances[i]);
    adamw(0, dtypes[i], tolerances[i]);
    adamw(0.1, dtypes[i], tolerances[i]);
  }
  long_lists();
  duplicates_move_in_turn();
  gradients_as_a_whole();
  moving_average();
  refuses_nonsense();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
