/* Convolutions of 3 x 3 with padding 1, of the instruction set that SIMCLR_ISA names,
 * against loops in double precision. */
#include <string.h>

#include "tensors.h"

enum { kMostValues = 70 * 16 * 16 * 32, kMostWeights = 64 * 144 * 9 };

typedef struct {
  int64_t images;
  /* Of the output. The image has `stride` times as many. */
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out;
  int64_t stride;
  int32_t dtype;
  /* float32 to have bfloat16 multiplied under autocast. */
  int32_t weight_dtype;
  bool weight_channels_last;
} Case;

/* Activations [N, H, W, C], weights [O, I, 3, 3], and what the dtype makes of them. */
static double x[kMostValues];
static double dy[kMostValues];
static double weight[kMostWeights];

typedef struct {
  double y[kMostValues];
  double dx[kMostValues];
  double dweight[kMostWeights];
} Result;

static Result reference;
static Result result;

/* Sums of absolute values, which rounding errors are proportional to. */
static Result size;

static int64_t pixels(const Case *c) { return c->images * c->height * c->width; }
static int64_t in_pixels(const Case *c) { return pixels(c) * c->stride * c->stride; }
static int64_t weights(const Case *c) { return c->out * c->in * 9; }

static void by_loops(const Case *c) {
  memset(&reference, 0, sizeof reference);
  memset(&size, 0, sizeof size);
  for (int64_t n = 0; n < c->images; ++n) {
    for (int64_t h = 0; h < c->height; ++h) {
      for (int64_t w = 0; w < c->width; ++w) {
        for (int64_t tap = 0; tap < 9; ++tap) {
          const int64_t row = h * c->stride + tap / 3 - 1;
          const int64_t column = w * c->stride + tap % 3 - 1;
          const int64_t rows = c->height * c->stride;
          const int64_t columns = c->width * c->stride;
          if (row < 0 || row >= rows || column < 0 || column >= columns) {
            continue;
          }
          const int64_t to = ((n * c->height + h) * c->width + w) * c->out;
          const int64_t from = ((n * rows + row) * columns + column) * c->in;
          for (int64_t o = 0; o < c->out; ++o) {
            for (int64_t i = 0; i < c->in; ++i) {
              const int64_t k = (o * c->in + i) * 9 + tap;
              reference.y[to + o] += x[from + i] * weight[k];
              size.y[to + o] += fabs(x[from + i] * weight[k]);
              reference.dx[from + i] += dy[to + o] * weight[k];
              size.dx[from + i] += fabs(dy[to + o] * weight[k]);
              reference.dweight[k] += dy[to + o] * x[from + i];
              size.dweight[k] += fabs(dy[to + o] * x[from + i]);
            }
          }
        }
      }
    }
  }
}

/* [N, H, W, C] values as [N, C, H, W] in channels-last memory; rounds them to `dtype`. */
static sct_tensor activations(const Case *c, double *values, int64_t channels, int64_t scale,
                              int32_t dtype) {
  sct_tensor rows = matrix(values, pixels(c) * scale * scale, channels, dtype);
  values_of(rows, values);
  sct_tensor view = NULL;
  sct_tensor out = NULL;
  OK(sct_view(rows, SIZES(c->images, c->height * scale, c->width * scale, channels), 4, &view));
  OK(sct_permute(view, SIZES(0, 3, 1, 2), 4, &out));
  drop(&rows);
  drop(&view);
  return out;
}

static void read_activations(sct_tensor t, double *out) {
  sct_tensor rows = NULL;
  OK(sct_permute(t, SIZES(0, 2, 3, 1), 4, &rows));
  values_of(rows, out);
  drop(&rows);
}

static sct_tensor kernel(const Case *c) {
  sct_tensor rows = matrix(weight, c->out, c->in * 9, c->weight_dtype);
  values_of(rows, weight);
  sct_tensor view = NULL;
  sct_tensor out = NULL;
  OK(sct_view(rows, SIZES(c->out, c->in, 3, 3), 4, &view));
  OK(sct_contiguous(view, c->weight_channels_last ? SCT_CHANNELS_LAST : SCT_CONTIGUOUS, &out));
  drop(&rows);
  drop(&view);
  return out;
}

static sct_tensor detached_leaf(sct_tensor t) {
  sct_tensor out = NULL;
  OK(sct_detach(t, &out));
  OK(sct_set_requires_grad(out, true));
  drop(&t);
  return out;
}

static void by_library(const Case *c) {
  sct_tensor input = detached_leaf(activations(c, x, c->in, c->stride, c->dtype));
  sct_tensor k = detached_leaf(kernel(c));
  sct_tensor gradient = activations(c, dy, c->out, 1, c->dtype);
  const bool casts = c->weight_dtype != c->dtype;
  sct_region region = NULL;
  if (casts) {
    OK(sct_autocast_enter(SCT_CPU, c->dtype, true, &region));
  }
  sct_tensor y = NULL;
  OK(sct_conv2d(input, k, NULL, SIZES(c->stride, c->stride), SIZES(1, 1), SIZES(1, 1), 1, &y));
  if (casts) {
    OK(sct_region_leave(&region));
  }
  CHECK_INT(dtype_of(y), c->dtype);
  sct_tensor_info info;
  OK(sct_tensor_describe(y, &info));
  CHECK(info.is_channels_last);
  read_activations(y, result.y);
  OK(sct_backward(y, gradient, false));
  sct_tensor dx = NULL;
  sct_tensor dk = NULL;
  OK(sct_grad(input, &dx));
  OK(sct_grad(k, &dk));
  CHECK_INT(dtype_of(dk), c->weight_dtype);
  read_activations(dx, result.dx);
  values_of(dk, result.dweight);
  OK(sct_tensor_free((sct_tensor[]){input, k, gradient, y, dx, dk}, 6));
}

static void fill(const Case *c, uint64_t seed) {
  for (int64_t i = 0; i < in_pixels(c) * c->in; ++i) {
    x[i] = noise(&seed);
  }
  for (int64_t i = 0; i < pixels(c) * c->out; ++i) {
    dy[i] = noise(&seed);
  }
  for (int64_t i = 0; i < weights(c); ++i) {
    weight[i] = noise(&seed);
  }
}

static void compare(const double *values, const double *expected, const double *sizes,
                    int64_t count, double of_size, double of_value) {
  for (int64_t i = 0; i < count; ++i) {
    CLOSE(values[i], expected[i], of_size * sizes[i] + 1e-30, of_value);
  }
}

static double last_place(int32_t dtype) { return dtype == SCT_BFLOAT16 ? 1.0 / 256 : 0; }

static void check_case(const Case *c, uint64_t seed) {
  const int failures = check_failures;
  fill(c, seed);
  by_library(c);
  if (c->dtype == SCT_BFLOAT16) {
    /* What is multiplied, of weights that autocast rounds. */
    Case rounded = *c;
    rounded.weight_dtype = SCT_BFLOAT16;
    sct_tensor k = kernel(&rounded);
    drop(&k);
  }
  by_loops(c);
  compare(result.y, reference.y, size.y, pixels(c) * c->out, 1e-6, last_place(c->dtype));
  compare(result.dx, reference.dx, size.dx, in_pixels(c) * c->in, 1e-6, last_place(c->dtype));
  compare(result.dweight, reference.dweight, size.dweight, weights(c), 1e-6,
          last_place(c->weight_dtype));
  if (check_failures != failures) {
    fprintf(stderr, "  ... of [%lld, %lld, %lld, %lld] to %lld by %lld, dtype %d, weight %d\n",
            (long long)c->images, (long long)c->in, (long long)c->height, (long long)c->width,
            (long long)c->out, (long long)c->stride, (int)c->dtype, (int)c->weight_dtype);
  }
}

/* Sizes with whole and half tiles, one row and one image, several bands of rows, more images than
 * pieces of the sum; channels, widths and strides that a kernel takes, or only that of the weight's
 * gradient, or libtorch. */
static void against_loops(void) {
  static const int64_t sizes[][6] = {
      {2, 5, 8, 16, 16, 1},  {1, 1, 16, 16, 32, 1},  {3, 4, 24, 32, 16, 1}, {1, 9, 32, 32, 32, 1},
      {70, 3, 8, 16, 16, 1}, {2, 2, 16, 48, 16, 1},  {2, 3, 7, 16, 16, 1},  {1, 4, 8, 3, 16, 1},
      {2, 16, 8, 16, 48, 1}, {1, 33, 16, 16, 16, 1}, {3, 4, 4, 64, 128, 1}, {2, 5, 6, 16, 32, 2},
      {1, 9, 16, 32, 16, 2}, {3, 2, 4, 64, 48, 2},   {1, 3, 7, 16, 16, 2},  {1, 2, 4, 16, 144, 2},
      {1, 2, 4, 16, 16, 3},  {2, 5, 8, 16, 32, 2},   {1, 3, 24, 64, 16, 2}};
  for (int i = 0; i < 19; ++i) {
    const int64_t *s = sizes[i];
    for (int last = 0; last < 2; ++last) {
      Case c = {s[0], s[1], s[2], s[3], s[4], s[5], SCT_FLOAT32, SCT_FLOAT32, last == 1};
      check_case(&c, (uint64_t)(2 * i + last));
      c.dtype = c.weight_dtype = SCT_BFLOAT16;
      check_case(&c, (uint64_t)(2 * i + last + 50));
    }
  }
}

/* Whether the gradient of weights in bfloat16 is a kernel's of ours, not libtorch's. */
static bool computes_weight_gradients(void) {
  int32_t isa = 0;
  int32_t features = 0;
  OK(sct_augment_isa(&isa));
  OK(sct_cpu_features(&features));
  return isa == SCT_ISA_AVX512 && (features & SCT_CPU_AVX512_BF16) != 0;
}

/* Whose gradient, summed in float32, is not rounded to bfloat16 where the kernel computes it. */
static void weights_of_float32_under_autocast(int64_t stride) {
  Case c = {5, 8, 8, 16, 32, stride, SCT_BFLOAT16, SCT_FLOAT32, true};
  fill(&c, 77);
  by_library(&c);
  c.weight_dtype = SCT_BFLOAT16;
  sct_tensor k = kernel(&c);
  drop(&k);
  by_loops(&c);
  const double rounding = computes_weight_gradients() ? 0 : last_place(SCT_BFLOAT16);
  compare(result.y, reference.y, size.y, pixels(&c) * c.out, 1e-6, last_place(c.dtype));
  compare(result.dx, reference.dx, size.dx, in_pixels(&c) * c.in, 1e-6, last_place(c.dtype));
  compare(result.dweight, reference.dweight, size.dweight, weights(&c), 1e-6, rounding);
}

static void same_bits_with_any_number_of_threads(void) {
  static Result first;
  int32_t before = 0;
  OK(sct_num_threads(&before));
  const int32_t dtypes[] = {SCT_FLOAT32, SCT_BFLOAT16};
  const int32_t threads[] = {1, 2, 3, 5, 16, 2};
  for (int d = 0; d < 2; ++d) {
    const Case c = {70, 8, 8, 32, 16, 1, dtypes[d], dtypes[d], true};
    for (int i = 0; i < 6; ++i) {
      OK(sct_set_num_threads(threads[i]));
      fill(&c, 5);
      by_library(&c);
      first = i == 0 ? result : first;
      CHECK(memcmp(first.y, result.y, sizeof first.y) == 0);
      CHECK(memcmp(first.dx, result.dx, sizeof first.dx) == 0);
      CHECK(dtypes[d] == SCT_FLOAT32 || !computes_weight_gradients() ||
            memcmp(first.dweight, result.dweight, sizeof first.dweight) == 0);
    }
  }
  OK(sct_set_num_threads(before));
}

/* d |d sum(w y^2) / dx|^2 / dx and the same of the weight, of a convolution with a bias of zeros,
 * which goes through libtorch, or without one. */
static void second_gradients(const Case *c, bool by_libtorch, double *of_x, double *of_weight) {
  sct_tensor leaves[] = {detached_leaf(activations(c, x, c->in, c->stride, c->dtype)),
                         detached_leaf(kernel(c))};
  sct_tensor zeros = NULL;
  if (by_libtorch) {
    OK(sct_zeros(SIZES(c->out), 1, c->dtype, SCT_CPU, -1, &zeros));
  }
  sct_tensor y = NULL;
  OK(sct_conv2d(leaves[0], leaves[1], zeros, SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 1, &y));
  sct_tensor factors = activations(c, dy, c->out, 1, c->dtype);
  sct_tensor square = NULL;
  sct_tensor weighted = NULL;
  sct_tensor loss = NULL;
  OK(sct_mul(y, y, &square));
  OK(sct_mul(square, factors, &weighted));
  OK(sct_sum(weighted, NULL, 0, false, &loss));
  sct_tensor first[2] = {NULL, NULL};
  OK(sct_autograd_grad(&loss, 1, leaves, 2, NULL, true, true, false, first));
  sct_tensor squares = NULL;
  sct_tensor norm = NULL;
  OK(sct_mul(first[0], first[0], &squares));
  OK(sct_sum(squares, NULL, 0, false, &norm));
  sct_tensor second[2] = {NULL, NULL};
  OK(sct_autograd_grad(&norm, 1, leaves, 2, NULL, false, false, false, second));
  read_activations(second[0], of_x);
  values_of(second[1], of_weight);
  OK(sct_tensor_free((sct_tensor[]){leaves[0], leaves[1], zeros, y, factors, square, weighted, loss,
                                    first[0], first[1], squares, norm, second[0], second[1]},
                     14));
}

static void twice_differentiable(void) {
  const Case c = {2, 4, 8, 16, 32, 1, SCT_FLOAT32, SCT_FLOAT32, true};
  fill(&c, 3);
  second_gradients(&c, true, reference.dx, reference.dweight);
  second_gradients(&c, false, result.dx, result.dweight);
  double largest = 0;
  for (int64_t i = 0; i < weights(&c); ++i) {
    largest = fmax(largest, fabs(reference.dweight[i]));
  }
  CHECK(largest > 1);
  CLOSE_ALL(result.dweight, reference.dweight, weights(&c), 1e-5 * largest, 1e-5);
  CLOSE_ALL(result.dx, reference.dx, in_pixels(&c) * c.in, 1e-5 * largest, 1e-5);
}

/* A convolution of noise, [1, 32, 8, 8] to 32 channels, with or without a bias of noise, in float32
 * and channels-last memory against float64 in contiguous memory, which no kernel of ours takes. */
static void as_in_double(const int64_t *stride, const int64_t *padding, const int64_t *dilation,
                         int64_t groups, bool with_bias) {
  const Case c = {1, 8, 8, 32, 32, 1, SCT_FLOAT32, SCT_FLOAT32, true};
  fill(&c, 11);
  Case grouped = c;
  grouped.in = c.in / groups;
  sct_tensor inputs[3] = {activations(&c, x, c.in, 1, c.dtype), kernel(&grouped), NULL};
  if (with_bias) {
    sct_tensor row = matrix(dy, 1, c.out, c.dtype);
    OK(sct_view(row, SIZES(c.out), 1, &inputs[2]));
    drop(&row);
  }
  sct_tensor y = NULL;
  OK(sct_conv2d(inputs[0], inputs[1], inputs[2], stride, padding, dilation, groups, &y));
  sct_tensor wide[3] = {NULL, NULL, NULL};
  for (int i = 0; i < 3; ++i) {
    if (inputs[i] != NULL) {
      OK(sct_to(inputs[i], SCT_FLOAT64, SCT_DEVICE_KEEP, -1, SCT_CONTIGUOUS, false, false,
                &wide[i]));
    }
  }
  sct_tensor exact = NULL;
  OK(sct_conv2d(wide[0], wide[1], wide[2], stride, padding, dilation, groups, &exact));
  CHECK_INT(numel(y), numel(exact));
  values_of(y, result.y);
  values_of(exact, reference.y);
  CLOSE_ALL(result.y, reference.y, numel(exact), 1e-4, 1e-5);
  CHECK(fabs(reference.y[0]) > 1e-3);
  OK(sct_tensor_free(
      (sct_tensor[]){inputs[0], inputs[1], inputs[2], wide[0], wide[1], wide[2], y, exact}, 8));
}

static void other_convolutions_stay_libtorchs(void) {
  as_in_double(SIZES(1, 1), SIZES(0, 0), SIZES(1, 1), 1, false);
  as_in_double(SIZES(2, 1), SIZES(1, 1), SIZES(1, 1), 1, false);
  as_in_double(SIZES(1, 1), SIZES(1, 1), SIZES(2, 2), 1, false);
  as_in_double(SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 2, false);
  as_in_double(SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 1, true);
  as_in_double(SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 1, false);
  /* What libtorch refuses. */
  const Case c = {1, 8, 8, 32, 32, 1, SCT_FLOAT32, SCT_FLOAT32, true};
  sct_tensor input = activations(&c, x, c.in, 1, c.dtype);
  sct_tensor k = kernel(&c);
  sct_tensor y = NULL;
  const sct_status status =
      sct_conv2d(input, k, NULL, SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 2, &y);
  CHECK(status != SCT_OK && y == NULL);
  OK(sct_tensor_free((sct_tensor[]){input, k}, 2));
}

/* Autocast to float16 casts bfloat16, whoever would take it. */
static void float16_stays_float16(void) {
  const Case c = {1, 8, 8, 16, 16, 1, SCT_BFLOAT16, SCT_BFLOAT16, true};
  fill(&c, 12);
  sct_tensor input = activations(&c, x, c.in, 1, c.dtype);
  sct_tensor k = kernel(&c);
  sct_tensor y = NULL;
  sct_region region = NULL;
  OK(sct_autocast_enter(SCT_CPU, SCT_FLOAT16, true, &region));
  OK(sct_conv2d(input, k, NULL, SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 1, &y));
  OK(sct_region_leave(&region));
  CHECK_INT(dtype_of(y), SCT_FLOAT16);
  OK(sct_tensor_free((sct_tensor[]){input, k, y}, 3));
}

int main(void) {
  float16_stays_float16();
  other_convolutions_stay_libtorchs();
  twice_differentiable();
  against_loops();
  weights_of_float32_under_autocast(1);
  weights_of_float32_under_autocast(2);
  same_bits_with_any_number_of_threads();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
