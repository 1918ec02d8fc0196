/* The kernels of batch normalisation, of the instruction set that SIMCLR_ISA names, against loops
 * in double precision written from the paper (Ioffe and Szegedy 2015, arXiv 1502.03167). */
#include <string.h>

#include "tensors.h"

enum { kMostValues = 300 * 1100, kMostChannels = 1100, kSkipped = 77 };

static const double kEps = 1e-5;
static const double kMomentum = 0.3;

typedef enum { kNothing, kRelu, kAddRelu } Then;

typedef struct {
  int64_t rows;
  int64_t channels;
  Then then;
  int32_t dtype;
  bool affine;
  /* Height and width of images, of which there are rows / (height width); 0 for [rows, channels].
   */
  int64_t height;
  int64_t width;
} Case;

/* Inputs, [rows, channels], and what the dtype makes of them. */
static double x[kMostValues];
static double shortcut[kMostValues];
static double dy[kMostValues];
static double weight[kMostChannels];
static double bias[kMostChannels];
static double running_mean[kMostChannels];
static double running_var[kMostChannels];

typedef struct {
  double y[kMostValues];
  double dx[kMostValues];
  double dshortcut[kMostValues];
  double dweight[kMostChannels];
  double dbias[kMostChannels];
  double running_mean[kMostChannels];
  double running_var[kMostChannels];
} Result;

static Result reference;
static Result result;

/* Sums of absolute values, which rounding errors are proportional to. */
static double size_of_dweight[kMostChannels];
static double size_of_dbias[kMostChannels];
static double invstd_of[kMostChannels];

static double before_relu(const Case *c, int64_t i, double mean, double invstd) {
  const int64_t k = i % c->channels;
  const double z = (x[i] - mean) * invstd * (c->affine ? weight[k] : 1) + (c->affine ? bias[k] : 0);
  return c->then == kAddRelu ? z + shortcut[i] : z;
}

static void moments_by_loops(const Case *c, int64_t k, double *mean, double *var) {
  const double n = (double)c->rows;
  *mean = 0;
  *var = 0;
  for (int64_t r = 0; r < c->rows; ++r) {
    *mean += x[r * c->channels + k] / n;
  }
  for (int64_t r = 0; r < c->rows; ++r) {
    *var += pow(x[r * c->channels + k] - *mean, 2) / n;
  }
}

static void forward_by_loops(const Case *c) {
  const double n = (double)c->rows;
  for (int64_t k = 0; k < c->channels; ++k) {
    double mean = 0;
    double var = 0;
    moments_by_loops(c, k, &mean, &var);
    reference.running_mean[k] = (1 - kMomentum) * running_mean[k] + kMomentum * mean;
    reference.running_var[k] = (1 - kMomentum) * running_var[k] + kMomentum * var * n / (n - 1);
    invstd_of[k] = 1 / sqrt(var + kEps);
    for (int64_t i = k; i < c->rows * c->channels; i += c->channels) {
      const double z = before_relu(c, i, mean, invstd_of[k]);
      reference.y[i] = c->then == kNothing || z > 0 ? z : 0;
    }
  }
}

static void backward_by_loops(const Case *c) {
  const double n = (double)c->rows;
  for (int64_t k = 0; k < c->channels; ++k) {
    double mean = 0;
    double var = 0;
    moments_by_loops(c, k, &mean, &var);
    const double invstd = invstd_of[k];
    double sum = 0;
    double product = 0;
    size_of_dweight[k] = 0;
    size_of_dbias[k] = 0;
    for (int64_t i = k; i < c->rows * c->channels; i += c->channels) {
      const double g = c->then == kNothing || reference.y[i] > 0 ? dy[i] : 0;
      const double xhat = (x[i] - mean) * invstd;
      reference.dshortcut[i] = g;
      sum += g;
      product += g * xhat;
      size_of_dbias[k] += fabs(g);
      size_of_dweight[k] += fabs(g * xhat);
    }
    for (int64_t i = k; i < c->rows * c->channels; i += c->channels) {
      const double xhat = (x[i] - mean) * invstd;
      reference.dx[i] = (c->affine ? weight[k] : 1) * invstd *
                        (reference.dshortcut[i] - sum / n - xhat * product / n);
    }
    reference.dweight[k] = product;
    reference.dbias[k] = sum;
  }
}

/* A leaf with the given values, which become what `dtype` makes of them. */
static sct_tensor leaf(double *values, int64_t rows, int64_t columns, int32_t dtype, bool grad) {
  sct_tensor out = matrix(values, rows, columns, dtype);
  values_of(out, values);
  OK(sct_set_requires_grad(out, grad));
  return out;
}

static sct_tensor vector(const double *values, int64_t count, int32_t dtype, bool grad) {
  sct_tensor row = matrix(values, 1, count, dtype);
  sct_tensor flat = NULL;
  sct_tensor out = NULL;
  OK(sct_reshape(row, SIZES(count), 1, &flat));
  OK(sct_clone(flat, SCT_PRESERVE, &out));
  OK(sct_set_requires_grad(out, grad));
  drop(&row);
  drop(&flat);
  return out;
}

/* Rows as images in channels-last memory. */
static sct_tensor images(const Case *c, sct_tensor rows) {
  sct_tensor out = NULL;
  if (c->height == 0) {
    OK(sct_view(rows, SIZES(c->rows, c->channels), 2, &out));
    return out;
  }
  const int64_t n = c->rows / (c->height * c->width);
  sct_tensor view = NULL;
  OK(sct_view(rows, SIZES(n, c->height, c->width, c->channels), 4, &view));
  OK(sct_permute(view, SIZES(0, 3, 1, 2), 4, &out));
  drop(&view);
  return out;
}

static void read_rows(const Case *c, sct_tensor t, double *out) {
  if (c->height == 0) {
    values_of(t, out);
    return;
  }
  sct_tensor rows = NULL;
  OK(sct_permute(t, SIZES(0, 2, 3, 1), 4, &rows));
  values_of(rows, out);
  drop(&rows);
}

static void read_grad(sct_tensor t, double *out, int32_t dtype) {
  sct_tensor grad = NULL;
  OK(sct_grad(t, &grad));
  CHECK_INT(dtype_of(grad), dtype);
  values_of(grad, out);
  drop(&grad);
}

static sct_status call(const Case *c, sct_tensor input, sct_tensor add, sct_tensor w, sct_tensor b,
                       sct_tensor mean, sct_tensor var, bool training, sct_tensor *ret_out) {
  return c->then == kNothing
             ? sct_batch_norm(input, w, b, mean, var, training, kMomentum, kEps, ret_out)
             : sct_batch_norm_relu(input, add, w, b, mean, var, training, kMomentum, kEps, ret_out);
}

/* Computes `result`, in training with gradients or else in evaluation; rounds the inputs. */
static void by_library(const Case *c, bool training) {
  const int64_t channels = c->channels;
  const bool adds = c->then == kAddRelu;
  const int32_t dtype = c->dtype == SCT_FLOAT64 ? SCT_FLOAT64 : SCT_FLOAT32;
  sct_tensor leaves[] = {
      leaf(x, c->rows, channels, c->dtype, training),
      adds ? leaf(shortcut, c->rows, channels, c->dtype, training) : NULL,
      c->affine ? vector(weight, channels, dtype, training) : NULL,
      c->affine ? vector(bias, channels, dtype, training) : NULL,
      vector(running_mean, channels, dtype, false),
      vector(running_var, channels, dtype, false),
  };
  sct_tensor input = images(c, leaves[0]);
  sct_tensor add = adds ? images(c, leaves[1]) : NULL;
  sct_tensor out = NULL;
  OK(call(c, input, add, leaves[2], leaves[3], leaves[4], leaves[5], training, &out));
  CHECK_INT(dtype_of(out), c->dtype);
  sct_tensor_info info;
  OK(sct_tensor_describe(out, &info));
  CHECK(c->height == 0 ? info.is_contiguous : info.is_channels_last);
  CHECK(info.requires_grad == training);
  read_rows(c, out, result.y);
  values_of(leaves[4], result.running_mean);
  values_of(leaves[5], result.running_var);
  if (training) {
    sct_tensor rows = leaf(dy, c->rows, channels, c->dtype, false);
    sct_tensor gradient = images(c, rows);
    OK(sct_backward(out, gradient, false));
    drop(&rows);
    drop(&gradient);
    read_grad(leaves[0], result.dx, c->dtype);
    if (adds) {
      read_grad(leaves[1], result.dshortcut, c->dtype);
    }
    if (c->affine) {
      read_grad(leaves[2], result.dweight, dtype);
      read_grad(leaves[3], result.dbias, dtype);
    }
  }
  OK(sct_tensor_free((sct_tensor[]){input, add, out}, 3));
  OK(sct_tensor_free(leaves, 6));
}

static void fill(const Case *c, uint64_t seed) {
  for (int64_t k = 0; k < c->channels; ++k) {
    weight[k] = (float)(1.5 * noise(&seed));
    bias[k] = (float)noise(&seed);
    running_mean[k] = (float)noise(&seed);
    running_var[k] = (float)(1.5 + noise(&seed));
  }
  for (int64_t i = 0; i < c->rows * c->channels; ++i) {
    x[i] = 2 * noise(&seed) + (double)(i % c->channels % 5);
    shortcut[i] = noise(&seed);
    dy[i] = noise(&seed);
  }
}

/* What bfloat16 may be off by: half a unit of its last place, which is up to 2^-8 of the number. */
static double rtol_of(const Case *c) { return c->dtype == SCT_BFLOAT16 ? 1.0 / 256 + 3e-6 : 3e-6; }

static void compare_forward(const Case *c) {
  const int64_t count = c->rows * c->channels;
  CLOSE_ALL(result.y, reference.y, count, 4e-6, rtol_of(c));
  CLOSE_ALL(result.running_mean, reference.running_mean, c->channels, 1e-6, 1e-6);
  CLOSE_ALL(result.running_var, reference.running_var, c->channels, 1e-6, 1e-6);
}

static void compare_backward(const Case *c) {
  for (int64_t i = 0; i < c->rows * c->channels; ++i) {
    const int64_t k = i % c->channels;
    const double scale = invstd_of[k] * (c->affine ? fabs(weight[k]) : 1);
    CLOSE(result.dx[i], reference.dx[i], 4e-6 * scale, rtol_of(c));
  }
  if (c->then == kAddRelu) {
    CLOSE_ALL(result.dshortcut, reference.dshortcut, c->rows * c->channels, 0, 0);
  }
  for (int64_t k = 0; c->affine && k < c->channels; ++k) {
    CLOSE(result.dweight[k], reference.dweight[k], 1e-6 * size_of_dweight[k] + 1e-7, 1e-6);
    CLOSE(result.dbias[k], reference.dbias[k], 1e-6 * size_of_dbias[k] + 1e-7, 1e-6);
  }
}

static void check_case(const Case *c, uint64_t seed) {
  fill(c, seed);
  const int failures = check_failures;
  /* Rounds the inputs. Where the sign of what is cut off hangs on the last bit, no gradient comes.
   */
  by_library(c, false);
  forward_by_loops(c);
  for (int64_t i = 0; i < c->rows * c->channels; ++i) {
    const int64_t k = i % c->channels;
    const double mean = (reference.running_mean[k] - (1 - kMomentum) * running_mean[k]) / kMomentum;
    dy[i] = fabs(before_relu(c, i, mean, invstd_of[k])) < 1e-4 ? 0 : dy[i];
  }
  by_library(c, true);
  backward_by_loops(c);
  compare_forward(c);
  compare_backward(c);
  if (check_failures != failures) {
    fprintf(stderr, "  ... of [%lld, %lld], then %d, dtype %d, affine %d\n", (long long)c->rows,
            (long long)c->channels, (int)c->then, (int)c->dtype, (int)c->affine);
  }
}

static int32_t dtype_at(int64_t i) { return i % 2 == 0 ? SCT_FLOAT32 : SCT_BFLOAT16; }

/* Each number of channels to 40 and more, so that every tail of rows, folds and vectors comes. */
static void every_tail(void) {
  static const int64_t more[] = {48, 63, 64, 65, 128, 192, 255, 256, 257, 320, 512, 515, 1100};
  static const int64_t rows[] = {2, 3, 7, 16, 33, 64, 129, 300};
  for (int64_t i = 0; i < 40 + 13; ++i) {
    for (int j = 0; j < 8; ++j) {
      for (Then then = kNothing; then <= kAddRelu; ++then) {
        const int64_t turn = i + j + (int64_t)then;
        const Case c = {
            rows[j], i < 40 ? i + 1 : more[i - 40], then, dtype_at(turn), turn % 3 != 0, 0, 0};
        check_case(&c, (uint64_t)(1000 * i + 10 * j + (int)then));
      }
    }
  }
}

/* Images, in channels-last memory; several pieces for each thread. */
static void images_in_channels_last_memory(void) {
  static const int64_t shapes[][4] = {{5, 3, 4, 7}, {1, 16, 5, 5}, {1, 8, 1, 2},
                                      {9, 1, 3, 3}, {4, 1, 1, 1},  {200, 16, 10, 10}};
  for (int i = 0; i < 6; ++i) {
    for (Then then = kNothing; then <= kAddRelu; ++then) {
      for (int j = 0; j < 2; ++j) {
        const int64_t *s = shapes[i];
        const Case c = {s[0] * s[2] * s[3], s[1], then, dtype_at(j), true, s[2], s[3]};
        check_case(&c, (uint64_t)(50 * i + 7 * (int)then + j));
      }
    }
  }
}

static void same_bits_with_any_number_of_threads(void) {
  static Result first;
  int32_t before = 0;
  OK(sct_num_threads(&before));
  const Case c = {20000, 16, kAddRelu, SCT_BFLOAT16, true, 10, 10};
  const int32_t threads[] = {1, 2, 3, 5, 16, 2, 2};
  for (int i = 0; i < 7; ++i) {
    OK(sct_set_num_threads(threads[i]));
    fill(&c, 5);
    by_library(&c, true);
    if (i == 0) {
      first = result;
    }
    const size_t values = sizeof(double) * (size_t)(c.rows * c.channels);
    const size_t channels = sizeof(double) * (size_t)c.channels;
    CHECK(memcmp(first.y, result.y, values) == 0);
    CHECK(memcmp(first.dx, result.dx, values) == 0);
    CHECK(memcmp(first.dweight, result.dweight, channels) == 0);
    CHECK(memcmp(first.running_var, result.running_var, channels) == 0);
  }
  OK(sct_set_num_threads(before));
}

/* Values that vary little around large means, first rows far from the others, channels that do not
 * vary at all. */
static void variance_is_sound(void) {
  const Case c = {20000, 16, kNothing, SCT_FLOAT32, true, 0, 0};
  fill(&c, 11);
  for (int64_t i = 0; i < c.rows * c.channels; ++i) {
    const int64_t k = i % c.channels;
    x[i] = k < 6    ? x[i] + pow(10, (double)k)
           : k < 12 ? x[i] + (i < c.channels ? pow(10, (double)k - 6) : 0)
                    : pow(10, (double)k - 12) / 3;
  }
  by_library(&c, true);
  forward_by_loops(&c);
  backward_by_loops(&c);
  for (int64_t k = 0; k < c.channels; ++k) {
    const double variance = 1 / (invstd_of[k] * invstd_of[k]) - kEps;
    CLOSE(result.running_mean[k], reference.running_mean[k], 0, 1e-6);
    CLOSE(result.running_var[k], reference.running_var[k], 1e-6, 1e-5);
    CHECK(variance > -1e-9);
    for (int64_t r = 0; r < c.rows; r += 97) {
      const int64_t i = r * c.channels + k;
      CLOSE(result.y[i], reference.y[i], 2e-5, 2e-5);
      CLOSE(result.dx[i], reference.dx[i], 2e-5 * invstd_of[k], 2e-5);
    }
  }
}

/* Evaluation: the running statistics normalise, and stay. */
static void evaluation(void) {
  for (Then then = kNothing; then <= kAddRelu; ++then) {
    for (int64_t j = 0; j < 2; ++j) {
      /* One value per channel is enough. */
      for (int64_t rows = 1; rows < 300; rows += 149) {
        const Case c = {rows, 21, then, dtype_at(j), true, 0, 0};
        fill(&c, 31);
        by_library(&c, false);
        for (int64_t i = 0; i < c.rows * c.channels; ++i) {
          const int64_t k = i % c.channels;
          const double z = before_relu(&c, i, running_mean[k], 1 / sqrt(running_var[k] + kEps));
          reference.y[i] = then == kNothing || z > 0 ? z : 0;
        }
        CLOSE_ALL(result.y, reference.y, c.rows * c.channels, 4e-6, rtol_of(&c));
        CLOSE_ALL(result.running_mean, running_mean, c.channels, 0, 0);
        CLOSE_ALL(result.running_var, running_var, c.channels, 0, 0);
      }
    }
  }
}

/* A number that is not finite makes its channel so, and no other. */
static void not_finite(void) {
  const double bad[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; ++i) {
    for (Then then = kNothing; then <= kAddRelu; ++then) {
      for (int64_t j = 0; j < 2; ++j) {
        const Case c = {150, 19, then, dtype_at(j), true, 0, 0};
        fill(&c, 41);
        x[77 * c.channels + 5] = bad[i];
        by_library(&c, true);
        for (int64_t e = 0; e < c.rows * c.channels; ++e) {
          const bool spoilt = e % c.channels == 5;
          CHECK(spoilt ? isnan(result.y[e]) : isfinite(result.y[e]));
          CHECK(spoilt ? isnan(result.dx[e]) : isfinite(result.dx[e]));
        }
      }
    }
  }
}

/* The loops' own gradient, by central differences of the loops' output times dy. */
static void loops_have_the_gradient_of_their_output(void) {
  const double h = 1e-6;
  for (Then then = kNothing; then <= kAddRelu; ++then) {
    const Case c = {6, 3, then, SCT_FLOAT64, true, 0, 0};
    fill(&c, 51);
    forward_by_loops(&c);
    backward_by_loops(&c);
    double *inputs[] = {x, shortcut, weight, bias};
    const double *grads[] = {reference.dx, reference.dshortcut, reference.dweight, reference.dbias};
    const int64_t counts[] = {18, then == kAddRelu ? 18 : 0, 3, 3};
    for (int i = 0; i < 4; ++i) {
      for (int64_t e = 0; e < counts[i]; ++e) {
        const double value = inputs[i][e];
        double difference = 0;
        for (int side = -1; side <= 1; side += 2) {
          inputs[i][e] = value + side * h;
          forward_by_loops(&c);
          for (int64_t o = 0; o < 18; ++o) {
            difference += side * dy[o] * reference.y[o];
          }
        }
        inputs[i][e] = value;
        CLOSE(grads[i][e], difference / (2 * h), 1e-8, 1e-6);
      }
    }
  }
}

/* Other layouts and dtypes go through libtorch, with the same results. */
static void what_does_not_fit(void) {
  for (Then then = kNothing; then <= kAddRelu; ++then) {
    const Case wide = {60, 7, then, SCT_FLOAT64, false, 0, 0};
    fill(&wide, 61);
    by_library(&wide, true);
    forward_by_loops(&wide);
    backward_by_loops(&wide);
    CLOSE_ALL(result.y, reference.y, 420, 1e-12, 1e-12);
    CLOSE_ALL(result.dx, reference.dx, 420, 1e-12, 1e-12);

    /* Contiguous images instead of channels-last ones, and a shortcut that is neither. */
    const Case c = {60, 7, then, SCT_FLOAT32, true, 3, 4};
    fill(&c, 62);
    by_library(&c, false);
    sct_tensor leaves[] = {
        vector(weight, 7, SCT_FLOAT32, false), vector(bias, 7, SCT_FLOAT32, false),
        vector(running_mean, 7, SCT_FLOAT32, false), vector(running_var, 7, SCT_FLOAT32, false)};
    sct_tensor rows[] = {matrix(x, 60, 7, SCT_FLOAT32), matrix(shortcut, 60, 7, SCT_FLOAT32)};
    sct_tensor last[] = {images(&c, rows[0]), images(&c, rows[1])};
    sct_tensor planes[2] = {NULL, NULL};
    for (int i = 0; i < 2; ++i) {
      OK(sct_contiguous(last[i], SCT_CONTIGUOUS, &planes[i]));
    }
    forward_by_loops(&c);
    for (int i = 0; i < 4; ++i) {
      sct_tensor out = NULL;
      OK(call(&c, (i & 1) != 0 ? last[0] : planes[0],
              then != kAddRelu ? NULL
              : (i & 2) != 0   ? last[1]
                               : planes[1],
              leaves[0], leaves[1], NULL, NULL, true, &out));
      read_rows(&c, out, result.y);
      CLOSE_ALL(result.y, reference.y, 420, 4e-6, 4e-6);
      drop(&out);
    }
    OK(sct_tensor_free(planes, 2));
    OK(sct_tensor_free(last, 2));
    OK(sct_tensor_free(rows, 2));
    OK(sct_tensor_free(leaves, 4));
  }
}

/* The gradient of a mean over pixels comes expanded, without memory of its own. */
static void gradient_of_any_layout(void) {
  const Case c = {60, 16, kRelu, SCT_FLOAT32, true, 3, 4};
  fill(&c, 71);
  for (int64_t i = 0; i < 60 * 16; ++i) {
    dy[i] = 0.25 / 12 * (double)(1 + i % 16);
  }
  by_library(&c, true);
  static Result dense;
  dense = result;
  sct_tensor rows = leaf(x, 60, 16, SCT_FLOAT32, true);
  sct_tensor w = vector(weight, 16, SCT_FLOAT32, true);
  sct_tensor b = vector(bias, 16, SCT_FLOAT32, true);
  sct_tensor input = images(&c, rows);
  sct_tensor out = NULL;
  OK(call(&c, input, NULL, w, b, NULL, NULL, true, &out));
  sct_tensor mean = NULL;
  OK(sct_mean(out, SIZES(2, 3), 2, false, &mean));
  double factors[5 * 16];
  for (int i = 0; i < 80; ++i) {
    factors[i] = 0.25 * (1 + i % 16);
  }
  sct_tensor gradient = matrix(factors, 5, 16, SCT_FLOAT32);
  OK(sct_backward(mean, gradient, false));
  read_grad(rows, result.dx, SCT_FLOAT32);
  CLOSE_ALL(result.dx, dense.dx, 60 * 16, 1e-6, 1e-5);
  OK(sct_tensor_free((sct_tensor[]){rows, w, b, input, out, mean, gradient}, 7));
}

static void refusals(void) {
  fill(&(Case){4, 3, kNothing, SCT_FLOAT32, true, 0, 0}, 81);
  sct_tensor one = matrix(x, 1, 3, SCT_FLOAT32);
  sct_tensor four = matrix(x, 4, 3, SCT_FLOAT32);
  sct_tensor mean = vector(running_mean, 3, SCT_FLOAT32, false);
  sct_tensor var = vector(running_var, 3, SCT_FLOAT32, false);
  sct_tensor out = NULL;
  /* One value per channel has no variance. */
  FAILS(SCT_SHAPE, sct_batch_norm(one, NULL, NULL, mean, var, true, 0.1, kEps, &out));
  FAILS(SCT_SHAPE, sct_batch_norm_relu(one, NULL, NULL, NULL, mean, var, true, 0.1, kEps, &out));
  CHECK(strstr(sct_last_error(), "more than one value per channel") != NULL);
  FAILS(SCT_SHAPE, sct_batch_norm_relu(four, one, NULL, NULL, mean, var, true, 0.1, kEps, &out));
  FAILS(SCT_SHAPE, sct_batch_norm_relu(mean, NULL, NULL, NULL, NULL, NULL, true, 0.1, kEps, &out));
  FAILS(SCT_INVALID_ARGUMENT,
        sct_batch_norm_relu(four, NULL, NULL, NULL, NULL, var, false, 0.1, kEps, &out));
  CHECK(out == NULL);
  double got[3];
  values_of(mean, got);
  CLOSE_ALL(got, running_mean, 3, 0, 0);

  OK(sct_set_requires_grad(four, true));
  OK(sct_batch_norm_relu(four, NULL, NULL, NULL, mean, var, true, 0.1, kEps, &out));
  sct_tensor sum = NULL;
  sct_tensor grad = NULL;
  OK(sct_sum(out, NULL, 0, false, &sum));
  FAILS(SCT_UNSUPPORTED, sct_autograd_grad(&sum, 1, &four, 1, NULL, true, true, false, &grad));
  CHECK(strstr(sct_last_error(), "not twice differentiable") != NULL);
  OK(sct_tensor_free((sct_tensor[]){one, four, mean, var, out, sum}, 6));
}

int main(void) {
  int32_t isa = SCT_ISA_AUTO;
  if (sct_augment_isa(&isa) == SCT_UNSUPPORTED) {
    printf("%s\n", sct_last_error());
    return kSkipped;
  }
  loops_have_the_gradient_of_their_output();
  every_tail();
  images_in_channels_last_memory();
  same_bits_with_any_number_of_threads();
  variance_is_sound();
  evaluation();
  not_finite();
  what_does_not_fit();
  gradient_of_any_layout();
  refusals();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
