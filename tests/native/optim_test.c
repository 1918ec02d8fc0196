/* Optimizer steps against their formulas, written out in loops in double. */
#include <string.h>

#include "tensors.h"

enum { kParams = 4, kLast = 2, kMost = 60, kSteps = 5 };

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

/* Parameters from kLast on have another dtype. */
static void start_mixed(State *s, int32_t dtype, int32_t last_dtype) {
  uint64_t seed = 42;
  *s = (State){0};
  for (int p = 0; p < kParams; ++p) {
    for (int64_t i = 0; i < size_of(p); ++i) {
      s->w[p][i] = p == 1 ? 0 : noise(&seed);
    }
    s->params[p] = matrix(s->w[p], kRows[p], kColumns[p], p < kLast ? dtype : last_dtype);
    values_of(s->params[p], s->w[p]);
    OK(sct_set_requires_grad(s->params[p], true));
    OK(sct_zeros_like(s->params[p], &s->first[p]));
    OK(sct_zeros_like(s->params[p], &s->second[p]));
  }
}

static void start(State *s, int32_t dtype) { start_mixed(s, dtype, dtype); }

static void new_gradients(State *s, int step) {
  uint64_t seed = 1000 + (uint64_t)step;
  for (int p = 0; p < kParams; ++p) {
    if (p == kNoGradient) {
      continue;
    }
    for (int64_t i = 0; i < size_of(p); ++i) {
      s->g[p][i] = p == 2 ? 0 : noise(&seed);
    }
    sct_tensor grad = matrix(s->g[p], kRows[p], kColumns[p], dtype_of(s->params[p]));
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

/* Two groups, of which the second has another decay and is adapted where the first is not, with an
 * empty one between them. */
enum { kGroups = 3 };

typedef struct {
  sct_optim_group of[kGroups];
} Groups;

static Groups groups_of(int first, double decay, bool adapt) {
  return (Groups){{{first, decay, adapt}, {0, 9, true}, {kParams - first, decay / 3, !adapt}}};
}

static const sct_optim_group *group_of(const Groups *groups, int p) {
  return &groups->of[p < groups->of[0].count ? 0 : 2];
}

/* A number on the CPU. */
static sct_tensor number(double value, int32_t dtype) {
  sct_tensor out = NULL;
  OK(sct_full(NULL, 0, value, dtype, SCT_CPU, -1, &out));
  return out;
}

/* The learning rate of a step goes into one tensor, which lives as long as the optimizer; what it
 * holds is what counts. */
static double set_rate(sct_tensor lr, double most, int step) {
  OK(sct_fill_(lr, most / (1 + step)));
  return value_of(lr);
}

static void sgd(int first, double momentum, double decay, bool nesterov, int32_t dtype,
                int32_t lr_dtype, double rtol) {
  static State s;
  const Groups groups = groups_of(first, decay, true);
  sct_tensor rate = number(0, lr_dtype);
  start(&s, dtype);
  for (int step = 0; step < kSteps; ++step) {
    new_gradients(&s, step);
    const double lr = set_rate(rate, 0.3, step);
    OK(sct_sgd_step(s.params, momentum == 0 ? NULL : s.first, kParams, groups.of, kGroups, rate,
                    momentum, nesterov));
    for (int p = 0; p < kParams; ++p) {
      for (int64_t i = 0; p != kNoGradient && i < size_of(p); ++i) {
        const double g = s.g[p][i] + group_of(&groups, p)->weight_decay * s.w[p][i];
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
  drop(&rate);
  finish(&s);
}

static double norm(const double *values, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += values[i] * values[i];
  }
  return sqrt(sum);
}

static void lars(int first, double decay, bool adapt, bool nesterov, int32_t dtype,
                 int32_t lr_dtype, double rtol) {
  static State s;
  const Groups groups = groups_of(first, decay, adapt);
  sct_tensor rate = number(0, lr_dtype);
  const double momentum = 0.9;
  const double eeta = 0.001;
  start(&s, dtype);
  for (int step = 0; step < kSteps; ++step) {
    new_gradients(&s, step);
    const double lr = set_rate(rate, 4.8, step);
    OK(sct_lars_step(s.params, s.first, kParams, groups.of, kGroups, rate, momentum, eeta,
                     nesterov));
    for (int p = 0; p < kParams; ++p) {
      if (p == kNoGradient) {
        continue;
      }
      const sct_optim_group *group = group_of(&groups, p);
      double g[kMost];
      for (int64_t i = 0; i < size_of(p); ++i) {
        g[i] = s.g[p][i] + group->weight_decay * s.w[p][i];
      }
      const double w_norm = norm(s.w[p], size_of(p));
      const double g_norm = norm(g, size_of(p));
      const bool scales = group->adapt && w_norm > 0 && g_norm > 0;
      const double ratio = scales ? eeta * w_norm / g_norm : 1;
      for (int64_t i = 0; i < size_of(p); ++i) {
        const double scaled = lr * ratio * g[i];
        s.a[p][i] = momentum * s.a[p][i] + scaled;
        s.w[p][i] -= nesterov ? momentum * s.a[p][i] + scaled : s.a[p][i];
      }
    }
    compare(&s, rtol);
  }
  drop(&rate);
  finish(&s);
}

static void adamw(int first, double decay, int32_t dtype, int32_t lr_dtype, double rtol) {
  static State s;
  const Groups groups = groups_of(first, decay, true);
  sct_tensor rate = number(0, lr_dtype);
  const double beta1 = 0.9;
  const double beta2 = 0.99;
  const double eps = 1e-8;
  start(&s, dtype);
  for (int step = 1; step <= kSteps; ++step) {
    new_gradients(&s, step);
    const double lr = set_rate(rate, 0.01, step);
    OK(sct_adamw_step(s.params, s.first, s.second, kParams, groups.of, kGroups, step, rate, beta1,
                      beta2, eps));
    for (int p = 0; p < kParams; ++p) {
      for (int64_t i = 0; p != kNoGradient && i < size_of(p); ++i) {
        const double g = s.g[p][i];
        s.w[p][i] *= 1 - lr * group_of(&groups, p)->weight_decay;
        s.a[p][i] = beta1 * s.a[p][i] + (1 - beta1) * g;
        s.b[p][i] = beta2 * s.b[p][i] + (1 - beta2) * g * g;
        const double m = s.a[p][i] / (1 - pow(beta1, step));
        const double v = s.b[p][i] / (1 - pow(beta2, step));
        s.w[p][i] -= lr * m / (sqrt(v) + eps);
      }
    }
    compare(&s, rtol);
  }
  drop(&rate);
  finish(&s);
}

static void gradients_as_a_whole(void) {
  static State s;
  start(&s, SCT_FLOAT64);
  double got = -1;
  OK(sct_grad_norm(s.params, kParams, &got));
  CLOSE(got, 0, 0, 0);
  new_gradients(&s, 0);
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

enum { kLongGroups = 4 };
static const sct_optim_group kLongGroup[kLongGroups] = {
    {2, 0.01, true}, {1, 0, false}, {0, 9, true}, {3, 0.02, true}};

static const sct_optim_group *long_group_of(int p) {
  return &kLongGroup[p < 2 ? 0 : p < 3 ? 1 : 3];
}

/* All groups in one call, or a call for each. */
typedef enum { kTogether, kApart } Calls;

/* Takes a step with `count` of the parameters, from `first` on. */
static void long_step(Rule rule, bool nesterov, const sct_tensor *params, const sct_tensor *states,
                      int64_t first, int64_t count, const sct_optim_group *groups,
                      int64_t group_count) {
  sct_optim_group excluded[kLongGroups];
  for (int64_t i = 0; i < group_count; ++i) {
    excluded[i] = groups[i];
    excluded[i].adapt = groups[i].adapt && rule != kLarsExcluded;
  }
  sct_tensor lr = number(rule == kSgd ? 0.3 : 2, SCT_FLOAT64);
  if (rule == kSgd) {
    OK(sct_sgd_step(params + first, states + first, count, excluded, group_count, lr, 0.9,
                    nesterov));
  } else {
    OK(sct_lars_step(params + first, states + first, count, excluded, group_count, lr, 0.9, 0.02,
                     nesterov));
  }
  drop(&lr);
}

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

static void long_steps(Rule rule, bool nesterov, Order order, int32_t threads, Calls calls,
                       LongState *out) {
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
    if (calls == kTogether) {
      long_step(rule, nesterov, params, states, 0, kLongParams, kLongGroup, kLongGroups);
    } else {
      int64_t first = 0;
      for (int group = 0; group < kLongGroups; ++group) {
        const int64_t count = kLongGroup[group].count;
        long_step(rule, nesterov, params, states, first, count, &kLongGroup[group], 1);
        first += count;
      }
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
    const double decay = long_group_of(p)->weight_decay;
    const bool adapt = rule == kLars && long_group_of(p)->adapt;
    for (int64_t i = 0; i < kLong[p]; ++i) {
      w[i] = (float)cos(0.11 * (double)i + p);
      v[i] = 0;
    }
    for (int step = 0; step < 2; ++step) {
      double w_square = 0;
      double g_square = 0;
      for (int64_t i = 0; i < kLong[p]; ++i) {
        w_square += w[i] * w[i];
        g_square += pow(long_gradient(step, p, i) + decay * w[i], 2);
      }
      const double rate = adapt ? 2 * 0.02 * sqrt(w_square) / sqrt(g_square) : 2;
      for (int64_t i = 0; i < kLong[p]; ++i) {
        const double g = long_gradient(step, p, i) + decay * w[i];
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
      const int32_t threads[] = {1, 2, 3, 1, 2, 2, 2};
      const Calls calls[] = {kTogether, kTogether, kTogether, kApart, kApart, kTogether, kTogether};
      const Order orders[] = {kSameOrder, kSameOrder, kSameOrder, kSameOrder,
                              kSameOrder, kGradOrder, kStateOrder};
      for (int run = 0; run < 7; ++run) {
        long_steps(rule, nesterov, orders[run], threads[run], calls[run], &got);
        if (run == 0) {
          first = got;
        }
        for (int p = 0; p < kLongParams; ++p) {
          CLOSE_ALL(got.w[p], expected.w[p], kLong[p], 2e-6, 2e-6);
          CLOSE_ALL(got.v[p], expected.v[p], kLong[p], 2e-6, 2e-6);
          if (orders[run] == kSameOrder) {
            const size_t bytes = sizeof(double) * (size_t)kLong[p];
            CHECK(memcmp(got.w[p], first.w[p], bytes) == 0);
            CHECK(memcmp(got.v[p], first.v[p], bytes) == 0);
          }
        }
      }
    }
  }
}

/* What libtorch's operations on lists do with groups is the same in one call and in many, where the
 * last group has another dtype, too. */
static void groups_do_not_touch_each_other(int optimizer, int32_t dtype, int32_t last_dtype) {
  static State s[2];
  Groups groups = groups_of(kLast, 0.1, true);
  groups.of[2].adapt = dtype != last_dtype;
  sct_tensor lr = number(0.3, SCT_FLOAT64);
  for (int apart = 0; apart < 2; ++apart) {
    State *state = &s[apart];
    start_mixed(state, dtype, last_dtype);
    for (int step = 1; step <= kSteps; ++step) {
      new_gradients(state, step);
      for (int call = 0; call < (apart ? 2 : 1); ++call) {
        const int64_t from = call == 0 ? 0 : kLast;
        const int64_t count = apart ? kLast : kParams;
        const sct_optim_group *of = &groups.of[call == 0 ? 0 : 2];
        const int64_t group_count = apart ? 1 : kGroups;
        const sct_tensor *params = state->params + from;
        const sct_tensor *first = state->first + from;
        const sct_tensor *second = state->second + from;
        if (optimizer == 0) {
          OK(sct_sgd_step(params, first, count, of, group_count, lr, 0.9, true));
        } else if (optimizer == 1) {
          OK(sct_lars_step(params, first, count, of, group_count, lr, 0.9, 0.7, true));
        } else {
          OK(sct_adamw_step(params, first, second, count, of, group_count, step, lr, 0.9, 0.99,
                            1e-8));
        }
      }
    }
  }
  for (int p = 0; p < kParams; ++p) {
    const size_t bytes = sizeof(double) * (size_t)size_of(p);
    double together[kMost];
    double apart[kMost];
    values_of(s[0].first[p], together);
    values_of(s[1].first[p], apart);
    CHECK(memcmp(together, apart, bytes) == 0);
    values_of(s[0].params[p], together);
    values_of(s[1].params[p], apart);
    CHECK(memcmp(together, apart, bytes) == 0);
    CHECK(p == kNoGradient || together[0] != s[0].w[p][0]);
  }
  drop(&lr);
  finish(&s[0]);
  finish(&s[1]);
}

/* A parameter that is there twice moves twice, first as in its first group. */
static void duplicates_move_in_turn(int32_t dtype) {
  const double one = 1;
  sct_tensor lr = number(0.25, SCT_FLOAT32);
  sct_tensor w = matrix(&one, 1, 1, dtype);
  sct_tensor v = NULL;
  OK(sct_zeros_like(w, &v));
  OK(sct_set_requires_grad(w, true));
  sct_tensor grad = matrix(&one, 1, 1, dtype);
  OK(sct_set_grad(w, grad));
  const sct_tensor twice[] = {w, w};
  const sct_optim_group plain = {2, 0, false};
  OK(sct_sgd_step(twice, NULL, 2, &plain, 1, lr, 0, false));
  CLOSE(value_of(w), 0.5, 0, 0);
  const sct_optim_group groups[] = {{1, 2, false}, {1, 0, true}};
  OK(sct_sgd_step(twice, NULL, 2, groups, 2, lr, 0, false));
  CLOSE(value_of(w), 0.5 - 0.25 * (1 + 2 * 0.5) - 0.25, 0, 0);
  /* w = -0.25: v = 0.25 (1 - 0.5), w = -0.375; then the ratio is 0.375, v = 0.0625 + 0.25 0.375. */
  OK(sct_lars_step(twice, (sct_tensor[]){v, v}, 2, groups, 2, lr, 0.5, 1, false));
  CLOSE(value_of(v), 0.0625 + 0.25 * 0.375, 0, 0);
  CLOSE(value_of(w), -0.375 - 0.0625 - 0.25 * 0.375, 0, 0);
  OK(sct_tensor_free((sct_tensor[]){w, v, grad, lr}, 4));
}

/* Calls all three with a learning rate that they refuse, and see to it that nothing has moved. */
static void refuses_rate(sct_status status, sct_tensor lr) {
  static State s;
  const Groups groups = groups_of(2, 0.1, true);
  start(&s, SCT_FLOAT32);
  new_gradients(&s, 0);
  FAILS(status, sct_sgd_step(s.params, s.first, kParams, groups.of, kGroups, lr, 0.9, false));
  FAILS(status, sct_lars_step(s.params, s.first, kParams, groups.of, kGroups, lr, 0.9, 1, false));
  FAILS(status, sct_adamw_step(s.params, s.first, s.second, kParams, groups.of, kGroups, 1, lr, 0.9,
                               0.99, 1e-8));
  FAILS(status, sct_sgd_step(NULL, NULL, 0, NULL, 0, lr, 0.9, false));
  compare(&s, 0);
  finish(&s);
}

static void learning_rate_is_a_floating_point_number(void) {
  const double one = 1;
  refuses_rate(SCT_INVALID_ARGUMENT, NULL);
  const int32_t dtypes[] = {SCT_INT64, SCT_BOOL, SCT_BFLOAT16, SCT_FLOAT16};
  for (int i = 0; i < 4; ++i) {
    sct_tensor lr = number(1, dtypes[i]);
    refuses_rate(SCT_INVALID_ARGUMENT, lr);
    drop(&lr);
  }
  const double values[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; ++i) {
    sct_tensor lr = number(values[i], i == 0 ? SCT_FLOAT32 : SCT_FLOAT64);
    refuses_rate(SCT_INVALID_ARGUMENT, lr);
    drop(&lr);
  }
  sct_tensor lr = matrix(&one, 1, 1, SCT_FLOAT32);
  refuses_rate(SCT_SHAPE, lr);
  drop(&lr);
}

static void groups_fit_their_list(void) {
  static State s;
  sct_tensor lr = number(0.1, SCT_FLOAT64);
  start(&s, SCT_FLOAT32);
  new_gradients(&s, 0);
  const Groups bad[] = {
      {{{1, 0, true}, {1, 0, true}, {1, 0, true}}},
      {{{4, 0, true}, {1, 0, true}, {0, 0, true}}},
      {{{-1, 0, true}, {5, 0, true}, {0, 0, true}}},
      {{{INT64_MAX, 0, true}, {INT64_MAX, 0, true}, {6, 0, true}}},
      {{{4, NAN, true}, {0, 0, true}, {0, 0, true}}},
      {{{4, 0, true}, {0, INFINITY, true}, {0, 0, true}}},
  };
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    const sct_optim_group *groups = bad[i].of;
    FAILS(SCT_INVALID_ARGUMENT,
          sct_sgd_step(s.params, s.first, kParams, groups, kGroups, lr, 0.9, false));
    FAILS(SCT_INVALID_ARGUMENT,
          sct_lars_step(s.params, s.first, kParams, groups, kGroups, lr, 0.9, 1, false));
    FAILS(SCT_INVALID_ARGUMENT, sct_adamw_step(s.params, s.first, s.second, kParams, groups,
                                               kGroups, 1, lr, 0.9, 0.99, 1e-8));
  }
  const Groups good = groups_of(4, 0, true);
  FAILS(SCT_INVALID_ARGUMENT,
        sct_sgd_step(s.params, s.first, kParams, good.of, -1, lr, 0.9, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, s.first, kParams, NULL, 1, lr, 0.9, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, s.first, kParams, NULL, 0, lr, 0.9, false));
  compare(&s, 0);
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(NULL, NULL, 0, NULL, -1, lr, 0.9, false));
  OK(sct_sgd_step(NULL, NULL, 0, NULL, 0, lr, 0.9, false));
  OK(sct_lars_step(NULL, NULL, 0, &good.of[1], 1, lr, 0.9, 1, false));
  OK(sct_adamw_step(NULL, NULL, NULL, 0, NULL, 0, 1, lr, 0.9, 0.99, 1e-8));
  drop(&lr);
  finish(&s);
}

static void refuses_nonsense(void) {
  static State s;
  const sct_optim_group all = {kParams, 0, true};
  sct_tensor lr = number(0.1, SCT_FLOAT64);
  start(&s, SCT_FLOAT32);
  new_gradients(&s, 0);
  sct_tensor swapped[kParams] = {s.first[1], s.first[0], s.first[2], s.first[3]};
  FAILS(SCT_SHAPE, sct_sgd_step(s.params, swapped, kParams, &all, 1, lr, 0.9, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, NULL, kParams, &all, 1, lr, 0.9, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, s.first, kParams, &all, 1, lr, NAN, false));
  FAILS(SCT_INVALID_ARGUMENT, sct_sgd_step(s.params, s.first, -1, &all, 1, lr, 0.9, false));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_lars_step(s.params, s.first, kParams, &all, 1, lr, 0.9, INFINITY, false));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_adamw_step(s.params, s.first, s.second, kParams, &all, 1, 0, lr, 0.9, 0.99, 1e-8));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_adamw_step(s.params, s.first, s.second, kParams, &all, 1, 1, lr, 1.0, 0.99, 1e-8));
  compare(&s, 0);
  drop(&lr);
  finish(&s);
}

int main(void) {
  const int32_t dtypes[] = {SCT_FLOAT64, SCT_FLOAT32};
  const double tolerances[] = {1e-13, 1e-5};
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      for (int first = 0; first <= kParams; ++first) {
        const int32_t dtype = dtypes[i];
        const int32_t lr_dtype = dtypes[j];
        const double rtol = tolerances[i];
        sgd(first, 0, 0, false, dtype, lr_dtype, rtol);
        sgd(first, 0, 0.1, false, dtype, lr_dtype, rtol);
        sgd(first, 0.9, 0.1, false, dtype, lr_dtype, rtol);
        sgd(first, 0.9, 0.1, true, dtype, lr_dtype, rtol);
        lars(first, 0, true, false, dtype, lr_dtype, rtol);
        lars(first, 1e-2, true, false, dtype, lr_dtype, rtol);
        lars(first, 1e-2, true, true, dtype, lr_dtype, rtol);
        lars(first, 0, false, false, dtype, lr_dtype, rtol);
        adamw(first, 0, dtype, lr_dtype, rtol);
        adamw(first, 0.1, dtype, lr_dtype, rtol);
      }
    }
    for (int optimizer = 0; optimizer < 3; ++optimizer) {
      groups_do_not_touch_each_other(optimizer, dtypes[i], dtypes[i]);
      groups_do_not_touch_each_other(optimizer, dtypes[i], SCT_BFLOAT16);
      groups_do_not_touch_each_other(optimizer, SCT_BFLOAT16, dtypes[i]);
    }
    duplicates_move_in_turn(dtypes[i]);
  }
  long_lists();
  gradients_as_a_whole();
  moving_average();
  learning_rate_is_a_floating_point_number();
  groups_fit_their_list();
  refuses_nonsense();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
