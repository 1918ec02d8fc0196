/* Relatives of NT-Xent against loops in double precision, each written from the equation of its
 * paper, and their gradients against central differences of those loops. */
#include <string.h>

#include "tensors.h"

enum { kMostRows = 2500, kMostValues = kMostRows * 8, kQueue = 7 };

/* What a loss depends on besides the rows. */
typedef struct {
  int64_t m;
  int64_t d;
  double t;
  double a; /* sigma or tau_plus */
  double b; /* beta */
} problem;

typedef double (*formula)(const double *z, const problem *p);
typedef void (*call)(sct_tensor z, const problem *p, sct_tensor *ret_loss);

static double values[kMostValues];
static double weights[kMostRows]; /* of DCLW, held while the rows are moved */

static double cosine(const double *x, const double *y, int64_t d) {
  double dot = 0;
  double xx = 0;
  double yy = 0;
  for (int64_t k = 0; k < d; ++k) {
    dot += x[k] * y[k];
    xx += x[k] * x[k];
    yy += y[k] * y[k];
  }
  return dot / (fmax(sqrt(xx), 1e-12) * fmax(sqrt(yy), 1e-12));
}

static double s(const double *z, int64_t i, int64_t j, const problem *p) {
  return cosine(z + i * p->d, z + j * p->d, p->d) / p->t;
}

static int64_t other_view(int64_t i, const problem *p) { return (i + p->m / 2) % p->m; }

/* arXiv 2110.06848, equation 7: w = 2 - exp(<z1, z2> / sigma) / E exp(<z1, z2> / sigma). */
static void set_weights(const double *z, const problem *p) {
  const int64_t n = p->m / 2;
  double mean = 0;
  for (int64_t i = 0; i < n; ++i) {
    mean += exp(cosine(z + i * p->d, z + (n + i) * p->d, p->d) / p->a) / (double)n;
  }
  for (int64_t i = 0; i < n; ++i) {
    weights[i] = 2 - exp(cosine(z + i * p->d, z + (n + i) * p->d, p->d) / p->a) / mean;
    weights[n + i] = weights[i];
  }
}

/* arXiv 2110.06848, equation 6. */
static double dclw(const double *z, const problem *p) {
  double total = 0;
  for (int64_t i = 0; i < p->m; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < p->m; ++j) {
      sum += j == i || j == other_view(i, p) ? 0 : exp(s(z, i, j, p));
    }
    total += log(sum) - weights[i] * s(z, i, other_view(i, p), p);
  }
  return total / (double)p->m;
}

/* arXiv 2405.18045: -log( exp(s_i,pos(i)) / sum_{j != i} exp(s_ij) ), j of the anchor's view. */
static double dhel(const double *z, const problem *p) {
  const int64_t n = p->m / 2;
  double total = 0;
  for (int64_t i = 0; i < p->m; ++i) {
    double sum = 0;
    for (int64_t j = i / n * n; j < (i / n + 1) * n; ++j) {
      sum += j == i ? 0 : exp(s(z, i, j, p));
    }
    total -= log(exp(s(z, i, other_view(i, p), p)) / sum);
  }
  return total / (double)p->m;
}

/* arXiv 2010.04592, the pseudocode of its appendix. */
static double hcl(const double *z, const problem *p) {
  const double tau_plus = p->a;
  const double beta = p->b;
  const double negatives = (double)(p->m - 2);
  double total = 0;
  for (int64_t i = 0; i < p->m; ++i) {
    const double positive = exp(s(z, i, other_view(i, p), p));
    double weight_sum = 0;
    double weighted = 0;
    for (int64_t j = 0; j < p->m; ++j) {
      if (j != i && j != other_view(i, p)) {
        const double negative = exp(s(z, i, j, p));
        const double weight = exp(beta * log(negative));
        weight_sum += weight;
        weighted += weight * negative;
      }
    }
    const double reweighted = weighted / (weight_sum / negatives);
    double g = (-tau_plus * negatives * positive + reweighted) / (1 - tau_plus);
    g = fmax(g, negatives * exp(-1 / p->t));
    total -= log(positive / (positive + g));
  }
  return total / (double)p->m;
}

/* Anchors are the first m rows; the rows after them a queue that no anchor is in. SimCLR's
 * equation 1 with more negatives (arXiv 1911.05722, equation 1, has a queue). */
static double queue(const double *z, const problem *p) {
  double total = 0;
  for (int64_t i = 0; i < p->m; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < p->m + kQueue; ++j) {
      sum += j == i ? 0 : exp(s(z, i, j, p));
    }
    total -= log(exp(s(z, i, other_view(i, p), p)) / sum);
  }
  return total / (double)p->m;
}

/* Frees the measures of a loss, which are those that its rows have by themselves. */
static void check_measures(sct_tensor z, const problem *p, sct_tensor *found) {
  sct_tensor expected[2] = {NULL, NULL};
  OK(sct_contrastive_measures(z, p->t, &expected[0], &expected[1]));
  CLOSE(value_of(found[0]), value_of(expected[0]), 0.5 / (double)p->m, 0);
  if (isnan(value_of(expected[1]))) {
    CHECK(isnan(value_of(found[1])));
  } else {
    CLOSE(value_of(found[1]), value_of(expected[1]), 1e-5 / fmin(p->t, 1), 0);
  }
  OK(sct_tensor_free(found, 2));
  OK(sct_tensor_free(expected, 2));
}

static void call_dclw(sct_tensor z, const problem *p, sct_tensor *ret_loss) {
  sct_tensor found[2] = {NULL, NULL};
  OK(sct_dclw(z, p->t, p->a, ret_loss, &found[0], &found[1]));
  check_measures(z, p, found);
}

static void call_dhel(sct_tensor z, const problem *p, sct_tensor *ret_loss) {
  OK(sct_dhel(z, p->t, ret_loss));
}

static void call_hcl(sct_tensor z, const problem *p, sct_tensor *ret_loss) {
  sct_tensor found[2] = {NULL, NULL};
  OK(sct_hcl(z, p->t, p->a, p->b, ret_loss, &found[0], &found[1]));
  check_measures(z, p, found);
}

static sct_tensor ids(const int64_t *data, int64_t count) {
  sct_tensor out = NULL;
  OK(sct_tensor_from_data(data, count * (int64_t)sizeof(int64_t), SIZES(count), 1, SCT_INT64,
                          &out));
  return out;
}

static void call_queue(sct_tensor z, const problem *p, sct_tensor *ret_loss) {
  static int64_t positive[kMostRows];
  static int64_t own[kMostRows];
  for (int64_t i = 0; i < p->m; ++i) {
    positive[i] = other_view(i, p);
    own[i] = i;
  }
  sct_tensor anchors = NULL;
  OK(sct_narrow(z, 0, 0, p->m, &anchors));
  sct_tensor index[2] = {ids(positive, p->m), ids(own, p->m)};
  OK(sct_nt_xent_candidates(anchors, z, index[0], index[1], p->t, ret_loss));
  OK(sct_tensor_free(index, 2));
  drop(&anchors);
}

typedef struct {
  const char *name;
  formula by_loops;
  call by_library;
  double a;
  double b;
  int64_t more; /* rows beyond the anchors */
} variant;

static const variant variants[] = {
    {"dclw", dclw, call_dclw, 0.5, 0, 0},         {"dclw, sigma 0.1", dclw, call_dclw, 0.1, 0, 0},
    {"dhel", dhel, call_dhel, 0, 0, 0},           {"hcl", hcl, call_hcl, 0.1, 1, 0},
    {"hcl, plain", hcl, call_hcl, 0, 0, 0},       {"hcl, hard", hcl, call_hcl, 0, 2, 0},
    {"hcl, clamped", hcl, call_hcl, 0.6, 0.5, 0}, {"queue", queue, call_queue, 0, 0, kQueue},
};
enum { kVariants = sizeof(variants) / sizeof(variants[0]) };

/* Pairs that resemble each other, of lengths from 0.1 to 10. */
static void fill(int64_t m, int64_t d, int64_t more, uint64_t seed) {
  for (int64_t i = 0; i < m + more; ++i) {
    const double factor = pow(10, noise(&seed));
    for (int64_t k = 0; k < d; ++k) {
      const double fresh = noise(&seed);
      const double near = i >= m / 2 && i < m ? values[(i - m / 2) * d + k] : 0;
      values[i * d + k] = factor * (fresh + 2 * near);
    }
  }
}

static double loss_and_grad(const variant *v, const problem *p, int32_t type, double *grad) {
  sct_tensor z = matrix(values, p->m + v->more, p->d, type);
  OK(sct_set_requires_grad(z, true));
  sct_tensor out[2] = {NULL, NULL};
  v->by_library(z, p, &out[0]);
  CHECK_INT(dtype_of(out[0]), type == SCT_FLOAT64 ? SCT_FLOAT64 : SCT_FLOAT32);
  OK(sct_backward(out[0], NULL, false));
  OK(sct_grad(z, &out[1]));
  const double loss = value_of(out[0]);
  values_of(out[1], grad);
  OK(sct_tensor_free(out, 2));
  drop(&z);
  return loss;
}

static double length_of(const double *x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += x[i] * x[i];
  }
  return sqrt(sum);
}

/* Every component of the gradient by central differences; float32 by float64. */
static void follows_the_formula(void) {
  static const int64_t counts[] = {2, 3, 8};
  static const int64_t widths[] = {2, 3, 7};
  static const double temperatures[] = {0.5, 0.1, 2};
  static double grad[kMostValues];
  static double narrow[kMostValues];
  for (int v = 0; v < kVariants; ++v) {
    for (int c = 0; c < 9; ++c) {
      const int failures = check_failures;
      const variant *variant = &variants[v];
      const problem p = {2 * counts[c % 3], widths[c / 3], temperatures[(c + c / 3) % 3],
                         variant->a, variant->b};
      const int64_t count = (p.m + variant->more) * p.d;
      fill(p.m, p.d, variant->more, (uint64_t)(10 * v + c));
      set_weights(values, &(problem){p.m, p.d, p.t, fmax(p.a, 0.05), 0});
      const double loss = loss_and_grad(variant, &p, SCT_FLOAT64, grad);
      const double expected = variant->by_loops(values, &p);
      CLOSE(loss, expected, 1e-12, 1e-11);
      const double wanted = loss_and_grad(variant, &p, SCT_FLOAT32, narrow);
      CLOSE(wanted, expected, 1e-6 / fmin(p.t, 1), 1e-5);
      for (int64_t e = 0; e < count; ++e) {
        CLOSE(narrow[e], grad[e], 2e-5 * length_of(grad, count), 2e-4);
        const double kept = values[e];
        const double step = 1e-5 * (0.1 + fabs(kept));
        values[e] = kept + step;
        const double above = variant->by_loops(values, &p);
        values[e] = kept - step;
        const double below = variant->by_loops(values, &p);
        values[e] = kept;
        CLOSE(grad[e], (above - below) / (2 * step), 2e-8 * (1 + length_of(grad, count)), 2e-6);
      }
      if (check_failures != failures) {
        fprintf(stderr, "  ... of %s, case %d\n", variant->name, c);
      }
    }
  }
}

/* More similarities than a chunk holds: the value by loops, the gradient along a direction. */
static void chunks_add_up(void) {
  static double grad[kMostValues];
  static double direction[kMostValues];
  static double kept[kMostValues];
  const problem base = {2400, 3, 0.3, 0, 0};
  for (int v = 0; v < kVariants; ++v) {
    const variant *variant = &variants[v];
    const problem p = {base.m, base.d, base.t, variant->a, variant->b};
    const int64_t count = (p.m + variant->more) * p.d;
    fill(p.m, p.d, variant->more, 77);
    set_weights(values, &(problem){p.m, p.d, p.t, fmax(p.a, 0.05), 0});
    const int failures = check_failures;
    CLOSE(loss_and_grad(variant, &p, SCT_FLOAT64, grad), variant->by_loops(values, &p), 1e-10, 0);
    double along = 0;
    /* A component for each row that counts for something, and not only for chance. */
    for (int64_t e = 0; e < count; ++e) {
      direction[e] = grad[e] / length_of(grad, count) * (e % 2 == 0 ? 1 : 0.3);
      along += grad[e] * direction[e];
    }
    memcpy(kept, values, sizeof(values));
    double found[2];
    for (int side = 0; side < 2; ++side) {
      for (int64_t e = 0; e < count; ++e) {
        values[e] = kept[e] + (side == 0 ? 1e-6 : -1e-6) * direction[e];
      }
      found[side] = variant->by_loops(values, &p);
    }
    CLOSE((found[0] - found[1]) / 2e-6, along, 1e-7, 1e-4);
    if (check_failures != failures) {
      fprintf(stderr, "  ... of %s\n", variant->name);
    }
  }
}

static void hcl_without_weights_is_nt_xent(void) {
  fill(40, 5, 0, 4);
  const double temperatures[] = {0.5, 0.05, 0.01};
  for (int i = 0; i < 3; ++i) {
    sct_tensor z = matrix(values, 40, 5, SCT_FLOAT32);
    sct_tensor out[4] = {NULL, NULL, NULL, NULL};
    sct_tensor found[2] = {NULL, NULL};
    OK(sct_hcl(z, temperatures[i], 0, 0, &out[0], &found[0], &found[1]));
    OK(sct_tensor_free(found, 2));
    OK(sct_nt_xent(z, temperatures[i], &out[1], &out[2], &out[3]));
    CLOSE(value_of(out[0]), value_of(out[1]), 1e-6 / temperatures[i], 1e-5);
    OK(sct_tensor_free(out, 4));
    drop(&z);
  }
}

/* Chunked measures, against those that come with the loss. */
static void measures_are_those_of_nt_xent(void) {
  static const int64_t counts[] = {2, 33, 1200};
  const int32_t types[] = {SCT_FLOAT32, SCT_FLOAT64, SCT_BFLOAT16};
  for (int i = 0; i < 9; ++i) {
    const int64_t n = counts[i / 3];
    fill(2 * n, 3, 0, (uint64_t)i);
    sct_tensor z = matrix(values, 2 * n, 3, types[i % 3]);
    sct_tensor out[5] = {NULL, NULL, NULL, NULL, NULL};
    OK(sct_contrastive_measures(z, 0.2, &out[0], &out[1]));
    OK(sct_nt_xent(z, 0.2, &out[2], &out[3], &out[4]));
    /* In float32 one anchor of a thousand may be a tie. */
    CLOSE(value_of(out[0]), value_of(out[3]), n > 1000 ? 1.5 / (double)n : 1e-6, 0);
    CLOSE(value_of(out[1]), value_of(out[4]), 1e-5, 1e-5);
    OK(sct_tensor_free(out, 5));
    drop(&z);
  }
}

/* Zeros, lengths whose squares no float32 holds, low temperatures: finite. Not finite: NaN. */
static void extremes(void) {
  static double grad[kMostValues];
  for (int v = 0; v < kVariants; ++v) {
    const variant *variant = &variants[v];
    const problem p = {24, 4, 0.01, variant->a, variant->b};
    const int64_t count = (p.m + variant->more) * p.d;
    fill(p.m, p.d, variant->more, 5);
    for (int64_t k = 0; k < p.d; ++k) {
      values[k] = 0;
      values[p.d + k] *= 1e30;
      values[2 * p.d + k] *= 1e-6;
      values[3 * p.d + k] = values[15 * p.d + k];
    }
    CHECK(isfinite(loss_and_grad(variant, &p, SCT_FLOAT32, grad)));
    for (int64_t e = 0; e < count; ++e) {
      CHECK(isfinite(grad[e]));
    }
    const double bad[] = {NAN, INFINITY};
    for (int i = 0; i < 2; ++i) {
      values[9] = bad[i];
      CHECK(isnan(loss_and_grad(variant, &p, SCT_FLOAT32, grad)));
    }
  }
}

/* A candidate that is no anchor's own, and one that learns nothing. */
static void candidates_apart_from_anchors(void) {
  const double one[] = {1, 0, 0, 1};
  const int64_t first[] = {0, 1};
  const int64_t none[] = {-1, -1};
  sct_tensor anchors = matrix(one, 2, 2, SCT_FLOAT64);
  sct_tensor candidates = matrix(one, 2, 2, SCT_FLOAT64);
  sct_tensor index[2] = {ids(first, 2), ids(none, 2)};
  sct_tensor loss = NULL;
  OK(sct_set_requires_grad(anchors, true));
  OK(sct_nt_xent_candidates(anchors, candidates, index[0], index[1], 0.5, &loss));
  CLOSE(value_of(loss), log(exp(2) + 1) - 2, 1e-14, 0);
  OK(sct_backward(loss, NULL, false));
  sct_tensor grad = NULL;
  OK(sct_grad(candidates, &grad));
  CHECK(grad == NULL);
  drop(&loss);

  const int64_t beyond[] = {0, 2};
  sct_tensor bad[2] = {ids(beyond, 2), ids(first, 1)};
  FAILS(SCT_INVALID_ARGUMENT,
        sct_nt_xent_candidates(anchors, candidates, bad[0], index[1], 0.5, &loss));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_nt_xent_candidates(anchors, candidates, index[0], bad[0], 0.5, &loss));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_nt_xent_candidates(anchors, candidates, index[0], index[0], 0.5, &loss));
  FAILS(SCT_SHAPE, sct_nt_xent_candidates(anchors, candidates, bad[1], index[1], 0.5, &loss));
  OK(sct_tensor_free(bad, 2));
  OK(sct_tensor_free(index, 2));
  drop(&anchors);
  drop(&candidates);
}

/* One image: the positive is the only candidate, so ln 1, a hit, and no entropy. */
static void one_image(void) {
  fill(2, 3, 0, 1);
  sct_tensor z = matrix(values, 2, 3, SCT_FLOAT32);
  sct_tensor out[5] = {NULL, NULL, NULL, NULL, NULL};
  OK(sct_nt_xent_no_l2_norm(z, 0.5, &out[0], &out[1], &out[2]));
  OK(sct_contrastive_measures(z, 0.5, &out[3], &out[4]));
  const double expected[] = {0, 1, 0, 1, 0};
  for (int i = 0; i < 5; ++i) {
    CLOSE(value_of(out[i]), expected[i], 1e-6, 0);
  }
  OK(sct_tensor_free(out, 5));
  drop(&z);
}

static void refuses_nonsense(void) {
  fill(4, 3, 0, 1);
  sct_tensor z = matrix(values, 4, 3, SCT_FLOAT32);
  sct_tensor pair = matrix(values, 2, 3, SCT_FLOAT32);
  sct_tensor whole = matrix(values, 4, 3, SCT_INT64);
  sct_tensor loss = NULL;
  sct_tensor accuracy = NULL;
  sct_tensor entropy = NULL;
  FAILS(SCT_SHAPE, sct_dhel(pair, 0.5, &loss));
  FAILS(SCT_SHAPE, sct_hcl(pair, 0.5, 0.1, 1, &loss, &accuracy, &entropy));
  FAILS(SCT_SHAPE, sct_dclw(pair, 0.5, 1, &loss, &accuracy, &entropy));
  FAILS(SCT_INVALID_ARGUMENT, sct_dhel(whole, 0.5, &loss));
  FAILS(SCT_INVALID_ARGUMENT, sct_hcl(z, 0, 0.1, 1, &loss, &accuracy, &entropy));
  FAILS(SCT_INVALID_ARGUMENT, sct_hcl(z, 0.5, 1, 1, &loss, &accuracy, &entropy));
  FAILS(SCT_INVALID_ARGUMENT, sct_hcl(z, 0.5, 0.1, -1, &loss, &accuracy, &entropy));
  FAILS(SCT_INVALID_ARGUMENT, sct_dclw(z, 0.5, 0, &loss, &accuracy, &entropy));
  FAILS(SCT_INVALID_ARGUMENT, sct_dclw(z, 0.5, 1, &loss, &accuracy, NULL));
  FAILS(SCT_INVALID_ARGUMENT, sct_hcl(z, 0.5, 0.1, 1, &loss, NULL, &entropy));
  drop(&z);
  drop(&pair);
  drop(&whole);
}

int main(void) {
  const int64_t before = live_handles();
  follows_the_formula();
  chunks_add_up();
  hcl_without_weights_is_nt_xent();
  measures_are_those_of_nt_xent();
  extremes();
  candidates_apart_from_anchors();
  one_image();
  refuses_nonsense();
  CHECK_INT(live_handles(), before);
  return CHECK_RESULT;
}
