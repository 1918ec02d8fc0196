/* Tensors: what is made, described, converted and read is what was asked for. */
#include <stdint.h>
#include <string.h>

#include "tensors.h"

static void describes_layout(void) {
  sct_tensor t = NULL;
  sct_tensor_info info;
  OK(sct_empty(SIZES(2, 3, 5, 7), 4, SCT_FLOAT32, SCT_CPU, -1, SCT_CHANNELS_LAST, &t));
  OK(sct_tensor_describe(t, &info));
  CHECK_INT(info.dim, 4);
  CHECK_INT(info.numel, 210);
  CHECK_INT(info.dtype, SCT_FLOAT32);
  CHECK_INT(info.device_type, SCT_CPU);
  CHECK_INT(info.storage_bytes, 840);
  CHECK(info.data == info.storage && info.data != NULL);
  CHECK(info.is_channels_last && !info.is_contiguous);
  CHECK(!info.requires_grad && info.is_leaf);
  const int64_t sizes[] = {2, 3, 5, 7};
  const int64_t strides[] = {105, 1, 21, 3};
  CHECK(memcmp(info.sizes, sizes, sizeof(sizes)) == 0);
  CHECK(memcmp(info.strides, strides, sizeof(strides)) == 0);
  drop(&t);
}

/* Values come out row-major whatever the strides. */
static void reads_any_layout(void) {
  const double values[] = {0, 1, 2, 3, 4, 5};
  sct_tensor t = matrix(values, 2, 3, SCT_FLOAT32);
  sct_tensor transposed = NULL;
  OK(sct_t(t, &transposed));
  double read[6];
  values_of(transposed, read);
  const double expected[] = {0, 3, 1, 4, 2, 5};
  CLOSE_ALL(read, expected, 6, 0, 0);
  FAILS(SCT_INVALID_ARGUMENT, sct_tensor_read(t, SCT_FLOAT64, read, 47));
  drop(&t);
  drop(&transposed);
}

static void keeps_integers_integral(void) {
  sct_tensor t = NULL;
  sct_tensor more = NULL;
  sct_tensor half = NULL;
  OK(sct_arange(0, 4, 1, SCT_INT64, SCT_CPU, -1, &t));
  OK(sct_add_scalar(t, 2, &more));
  CHECK_INT(dtype_of(more), SCT_INT64);
  OK(sct_add_scalar(t, 0.5, &half));
  CHECK_INT(dtype_of(half), SCT_FLOAT32);
  double values[4];
  values_of(half, values);
  CLOSE_ALL(values, ((const double[]){0.5, 1.5, 2.5, 3.5}), 4, 0, 0);
  int64_t item = 0;
  FAILS(SCT_SHAPE, sct_item_int64(more, &item));
  drop(&t);
  drop(&more);
  drop(&half);
}

static void aliases_share_storage(void) {
  sct_tensor t = NULL;
  sct_tensor alias = NULL;
  sct_tensor copy = NULL;
  OK(sct_zeros(SIZES(3), 1, SCT_FLOAT64, SCT_CPU, -1, &t));
  OK(sct_tensor_alias(t, &alias));
  OK(sct_clone(t, SCT_PRESERVE, &copy));
  OK(sct_fill_(t, 7));
  drop(&t);
  CHECK(t == NULL);
  double values[3];
  values_of(alias, values);
  CLOSE_ALL(values, ((const double[]){7, 7, 7}), 3, 0, 0);
  values_of(copy, values);
  CLOSE_ALL(values, ((const double[]){0, 0, 0}), 3, 0, 0);
  sct_tensor both[] = {alias, NULL, copy};
  OK(sct_tensor_free(both, 3));
  OK(sct_tensor_free(both, 3));
}

static void failures_have_their_status(void) {
  const double values[] = {0, 1, 2, 3, 4, 5};
  sct_tensor a = matrix(values, 2, 3, SCT_FLOAT32);
  sct_tensor b = matrix(values, 3, 2, SCT_FLOAT32);
  sct_tensor out = NULL;
  FAILS(SCT_SHAPE, sct_add(a, b, 1, &out));
  CHECK(strstr(sct_last_error(), "add([2, 3] Float, [3, 2] Float): ") == sct_last_error());
  FAILS(SCT_SHAPE, sct_mm(a, a, &out));
  FAILS(SCT_SHAPE, sct_view(a, SIZES(5), 1, &out));
  FAILS(SCT_INVALID_ARGUMENT, sct_add(a, NULL, 1, &out));
  FAILS(SCT_INVALID_ARGUMENT, sct_add(a, a, 1, NULL));
  FAILS(SCT_INVALID_ARGUMENT, sct_select(a, 5, 0, &out));
  FAILS(SCT_INVALID_ARGUMENT, sct_empty(SIZES(-1), 1, SCT_FLOAT32, SCT_CPU, -1, 0, &out));
  FAILS(SCT_INVALID_ARGUMENT, sct_empty(SIZES(1), 1, 99, SCT_CPU, -1, 0, &out));
  const int64_t many = (int64_t)1 << 50;
  FAILS(SCT_OUT_OF_MEMORY, sct_empty(SIZES(many), 1, SCT_FLOAT32, SCT_CPU, -1, 0, &out));
  FAILS(SCT_OUT_OF_MEMORY, sct_empty(SIZES(many, many), 2, SCT_FLOAT32, SCT_CPU, -1, 0, &out));
  CHECK(out == NULL);
  drop(&a);
  drop(&b);
}

static void library_matches_headers(void) {
  CHECK_INT(sct_abi_version(), SCT_ABI_VERSION);
  const char *loaded = NULL;
  OK(sct_torch_loaded_version(&loaded));
  CHECK(strcmp(loaded, sct_torch_version()) == 0);
  int32_t features = -1;
  OK(sct_cpu_features(&features));
  const char *capability = NULL;
  OK(sct_cpu_capability(&capability));
  CHECK(strcmp(capability, "AVX512") != 0 || (features & SCT_CPU_AVX512) != 0);
}

int main(void) {
  describes_layout();
  reads_any_layout();
  keeps_integers_integral();
  aliases_share_storage();
  failures_have_their_status();
  library_matches_headers();
  CHECK_INT(live_handles(), 0);
  return CHECK_RESULT;
}
