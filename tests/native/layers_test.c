/* SIMCLR_LAYERS=libtorch keeps layers from kernels of ours. Each is told by something that its
 * kernel does and libtorch does not. */
#include <string.h>

#include "sct/augment.h"
#include "tensors.h"

enum { kChannels = 16, kHeight = 8 };

static sct_tensor thirds(const int64_t *sizes, int64_t dim, int32_t dtype, int32_t format) {
  sct_tensor plain = NULL;
  sct_tensor out = NULL;
  OK(sct_full(sizes, dim, 1.0 / 3, dtype, SCT_CPU, -1, &plain));
  OK(sct_contiguous(plain, format, &out));
  drop(&plain);
  return out;
}

/* Our batch norm refuses gradients that shall have a graph. */
static bool batch_norm_is_ours(void) {
  sct_tensor x = thirds(SIZES(4, kChannels), 2, SCT_FLOAT32, SCT_CONTIGUOUS);
  sct_tensor y = NULL;
  sct_tensor gradient = thirds(SIZES(4, kChannels), 2, SCT_FLOAT32, SCT_CONTIGUOUS);
  sct_tensor found = NULL;
  OK(sct_set_requires_grad(x, true));
  OK(sct_batch_norm(x, NULL, NULL, NULL, NULL, true, 0.1, 1e-5, &y));
  const sct_status status = sct_autograd_grad(&y, 1, &x, 1, &gradient, true, true, false, &found);
  if (status == SCT_OK) {
    drop(&found);
  } else {
    CHECK(strstr(sct_last_error(), "batch_norm is not twice differentiable") != NULL);
  }
  drop(&x);
  drop(&y);
  drop(&gradient);
  return status != SCT_OK;
}

/* Under autocast to bfloat16 our convolution does not round the gradient of a float32 weight. */
static bool convolution_is_ours(void) {
  sct_tensor x = thirds(SIZES(2, kChannels, kHeight, kHeight), 4, SCT_BFLOAT16, SCT_CHANNELS_LAST);
  sct_tensor weight = thirds(SIZES(kChannels, kChannels, 3, 3), 4, SCT_FLOAT32, SCT_CONTIGUOUS);
  sct_tensor y = NULL;
  sct_tensor sum = NULL;
  sct_tensor gradient = NULL;
  sct_region region = NULL;
  OK(sct_set_requires_grad(weight, true));
  OK(sct_autocast_enter(SCT_CPU, SCT_BFLOAT16, true, &region));
  OK(sct_conv2d(x, weight, NULL, SIZES(1, 1), SIZES(1, 1), SIZES(1, 1), 1, &y));
  OK(sct_region_leave(&region));
  OK(sct_sum(y, NULL, 0, false, &sum));
  OK(sct_backward(sum, NULL, false));
  OK(sct_grad(weight, &gradient));
  static double values[kChannels * kChannels * 9];
  values_of(gradient, values);
  bool ours = false;
  for (int i = 0; i < kChannels * kChannels * 9; ++i) {
    const float value = (float)values[i];
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    ours = ours || (bits & 0xffff) != 0;
  }
  for (sct_tensor *t = (sct_tensor[]){x, weight, y, sum, gradient, NULL}; *t != NULL; ++t) {
    drop(t);
  }
  return ours;
}

static bool has_convolutions(void) {
  int32_t isa = 0;
  OK(sct_augment_isa(&isa));
  return isa == SCT_ISA_AVX512 && __builtin_cpu_supports("avx512bf16");
}

static void unknown_layers_are_refused(void) {
  sct_tensor x = thirds(SIZES(4, kChannels), 2, SCT_FLOAT32, SCT_CONTIGUOUS);
  sct_tensor y = NULL;
  FAILS(SCT_UNSUPPORTED, sct_batch_norm(x, NULL, NULL, NULL, NULL, true, 0.1, 1e-5, &y));
  CHECK(strstr(sct_last_error(), "SIMCLR_LAYERS is mine; allowed: libtorch, or unset") != NULL);
  drop(&x);
}

int main(void) {
  const char *layers = getenv("SIMCLR_LAYERS");
  if (layers != NULL && strcmp(layers, "mine") == 0) {
    unknown_layers_are_refused();
  } else {
    const bool ours = layers == NULL || *layers == '\0';
    CHECK(batch_norm_is_ours() == ours);
    CHECK(convolution_is_ours() == (ours && has_convolutions()));
  }
  return CHECK_RESULT;
}
