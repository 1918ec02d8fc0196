/* Sums, differences, products and quotients of two tensors, some of which this library computes
 * itself: whatever the operands are, the results are libtorch's, bit for bit. */
#include <string.h>

#include "tensors.h"

typedef sct_status (*binary)(sct_tensor, sct_tensor, sct_tensor *);

static sct_status add(sct_tensor x, sct_tensor y, sct_tensor *out) { return sct_add(x, y, 1, out); }
static sct_status sub(sct_tensor x, sct_tensor y, sct_tensor *out) { return sct_sub(x, y, 1, out); }
static sct_status add3(sct_tensor x, sct_tensor y, sct_tensor *out) {
  return sct_add(x, y, 3, out);
}
static sct_status sub3(sct_tensor x, sct_tensor y, sct_tensor *out) {
  return sct_sub(x, y, 3, out);
}

static const struct {
  const char *name;
  binary call;
  int64_t factor; /* 0: takes none */
} kOps[] = {{"aten::add", add, 1},  {"aten::sub", sub, 1},     {"aten::add", add3, 3},
            {"aten::sub", sub3, 3}, {"aten::mul", sct_mul, 0}, {"aten::div", sct_div, 0}};
enum { OP_COUNT = sizeof kOps / sizeof *kOps };

static sct_tensor dispatched(int op, sct_tensor x, sct_tensor y) {
  sct_op boxed = NULL;
  OK(sct_op_find(kOps[op].name, "Tensor", &boxed));
  const sct_value args[] = {{.kind = SCT_VALUE_TENSOR, .pointer = x},
                            {.kind = SCT_VALUE_TENSOR, .pointer = y},
                            {.kind = SCT_VALUE_INT, .integer = kOps[op].factor}};
  const char *const names[] = {NULL, NULL, "alpha"};
  sct_value out;
  int64_t count = 0;
  OK(sct_op_call(boxed, args, names, kOps[op].factor ? 3 : 2, &out, 1, &count));
  return out.pointer;
}

/* Same description and same values. */
static void same(const char *name, sct_tensor mine, sct_tensor theirs) {
  sct_tensor_info a, b;
  OK(sct_tensor_describe(mine, &a));
  OK(sct_tensor_describe(theirs, &b));
  const bool alike = a.dtype == b.dtype && a.dim == b.dim && a.numel == b.numel &&
                     a.requires_grad == b.requires_grad && a.is_leaf == b.is_leaf &&
                     a.storage_bytes == b.storage_bytes &&
                     memcmp(a.sizes, b.sizes, a.dim * sizeof *a.sizes) == 0 &&
                     memcmp(a.strides, b.strides, a.dim * sizeof *a.strides) == 0;
  if (!alike) {
    FAIL_AT("%s: the results are described differently", name);
  } else if (a.numel > 0 && memcmp(a.data, b.data, a.storage_bytes) != 0) {
    FAIL_AT("%s: the values differ", name);
  }
}

static void compare(const char *what, sct_tensor x, sct_tensor y) {
  for (int op = 0; op < OP_COUNT; op++) {
    sct_tensor mine = NULL;
    OK(kOps[op].call(x, y, &mine));
    sct_tensor theirs = dispatched(op, x, y);
    char name[100];
    snprintf(name, sizeof name, "%s of %s", kOps[op].name, what);
    same(name, mine, theirs);
    drop(&mine);
    drop(&theirs);
  }
}

static sct_tensor numbers(const int64_t *sizes, int64_t dim, int32_t dtype, uint64_t seed) {
  double values[1100];
  int64_t count = 1;
  for (int64_t i = 0; i < dim; i++) {
    count *= sizes[i];
  }
  for (int64_t i = 0; i < count; i++) {
    values[i] = noise(&seed) * 10 + 11;
  }
  sct_tensor wide = NULL, out = NULL;
  OK(sct_tensor_from_data(values, count * (int64_t)sizeof *values, sizes, dim, SCT_FLOAT64, &wide));
  OK(sct_to(wide, dtype, SCT_DEVICE_KEEP, -1, SCT_PRESERVE, false, false, &out));
  drop(&wide);
  return out;
}

static sct_tensor channels_last(sct_tensor x) {
  sct_tensor out = NULL;
  OK(sct_to(x, SCT_DTYPE_KEEP, SCT_DEVICE_KEEP, -1, SCT_CHANNELS_LAST, false, false, &out));
  drop(&x);
  return out;
}

static void pair(const char *what, sct_tensor x, sct_tensor y) {
  compare(what, x, y);
  compare(what, y, x);
  drop(&x);
  drop(&y);
}

static void shapes_and_types(void) {
  const int32_t dtypes[] = {SCT_FLOAT32, SCT_FLOAT64, SCT_BFLOAT16, SCT_INT64};
  for (int i = 0; i < 4; i++) {
    const int32_t type = dtypes[i];
    pair("vectors", numbers(SIZES(4), 1, type, 1), numbers(SIZES(4), 1, type, 2));
    pair("matrices", numbers(SIZES(17, 31), 2, type, 1), numbers(SIZES(17, 31), 2, type, 2));
    pair("1,024 numbers", numbers(SIZES(1024), 1, type, 1), numbers(SIZES(1024), 1, type, 2));
    pair("1,025 numbers", numbers(SIZES(1025), 1, type, 1), numbers(SIZES(1025), 1, type, 2));
    pair("scalars", numbers(NULL, 0, type, 1), numbers(NULL, 0, type, 2));
    pair("nothing", numbers(SIZES(0, 3), 2, type, 1), numbers(SIZES(0, 3), 2, type, 2));
    pair("row and matrix", numbers(SIZES(3), 1, type, 1), numbers(SIZES(2, 3), 2, type, 2));
    pair("scalar and vector", numbers(NULL, 0, type, 1), numbers(SIZES(3), 1, type, 2));
    pair("two types", numbers(SIZES(3), 1, type, 1), numbers(SIZES(3), 1, SCT_FLOAT64, 2));
  }
}

static void special_numbers(void) {
  const float a[] = {0, -0.0F, INFINITY, -INFINITY, 1e-40F, 3e38F, 1, -1};
  const float b[] = {-0.0F, -0.0F, INFINITY, 1, 1e-41F, 3e38F, 0, -0.0F};
  sct_tensor x = NULL, y = NULL;
  OK(sct_tensor_from_data(a, sizeof a, SIZES(8), 1, SCT_FLOAT32, &x));
  OK(sct_tensor_from_data(b, sizeof b, SIZES(8), 1, SCT_FLOAT32, &y));
  pair("special numbers", x, y);
}

/* Tensors that have no strides to ask for. */
static void other_layouts(void) {
  sct_tensor x = numbers(SIZES(3, 3), 2, SCT_FLOAT32, 1), sum = NULL;
  sct_op boxed = NULL;
  OK(sct_op_find("aten::to_sparse_csr", "", &boxed));
  const sct_value args[] = {{.kind = SCT_VALUE_TENSOR, .pointer = x}};
  sct_value out;
  int64_t count = 0;
  OK(sct_op_call(boxed, args, NULL, 1, &out, 1, &count));
  OK(sct_add(out.pointer, out.pointer, 1, &sum));
  sct_tensor all[] = {x, out.pointer, sum};
  OK(sct_tensor_free(all, 3));
}

static void strides(void) {
  const int64_t image[] = {2, 3, 4, 5}, pixel[] = {2, 3, 1, 1};
  pair("channels last", channels_last(numbers(image, 4, SCT_FLOAT32, 1)),
       channels_last(numbers(image, 4, SCT_FLOAT32, 2)));
  pair("both layouts", channels_last(numbers(image, 4, SCT_FLOAT32, 1)),
       numbers(image, 4, SCT_FLOAT32, 2));
  /* Contiguous in both layouts. */
  pair("channels last of one pixel", channels_last(numbers(pixel, 4, SCT_FLOAT32, 1)),
       channels_last(numbers(pixel, 4, SCT_FLOAT32, 2)));
  sct_tensor x = numbers(SIZES(3, 3), 2, SCT_FLOAT32, 1), t = NULL;
  OK(sct_transpose(x, 0, 1, &t));
  pair("matrix and transpose", x, t);
}

static void modes(void) {
  sct_tensor x = numbers(SIZES(3), 1, SCT_FLOAT32, 1), y = numbers(SIZES(3), 1, SCT_FLOAT32, 2);
  sct_region region = NULL;
  OK(sct_autocast_enter(SCT_CPU, SCT_BFLOAT16, true, &region));
  compare("autocast", x, y);
  OK(sct_region_leave(&region));
  OK(sct_set_requires_grad(x, true));
  compare("a leaf", x, y);
  compare("a leaf", y, x);
  OK(sct_grad_mode_enter(false, &region));
  compare("a leaf without gradients", x, y);
  OK(sct_region_leave(&region));

  sct_tensor product = NULL, sum = NULL, gradient = NULL;
  OK(sct_mul(x, y, &product));
  OK(sct_sum(product, NULL, 0, false, &sum));
  OK(sct_backward(sum, NULL, false));
  OK(sct_grad(x, &gradient));
  same("gradient of a product", gradient, y);
  sct_tensor all[] = {x, y, product, sum, gradient};
  OK(sct_tensor_free(all, 5));
}

int main(void) {
  shapes_and_types();
  special_numbers();
  other_layouts();
  strides();
  modes();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
