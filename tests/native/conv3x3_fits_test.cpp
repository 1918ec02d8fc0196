// Which convolutions the CPU's kernels of 3 x 3 take: their results do not tell them from
// libtorch's.
#include <ATen/ops/empty.h>

#include "detail/conv3x3_cpu.h"
// libtorch has one too.
#undef CHECK
#include "check.h"
#include "detail/isa.h"
#include "sct/augment.h"

namespace {

struct Sizes {
  int64_t in;
  int64_t out;
  int64_t height;
  int64_t width;
  int64_t stride;
};

// Of an image with stride times the height and width. Only a weight that learns has a gradient.
bool fits(const Sizes& s, at::ScalarType dtype, bool learns = false) {
  const at::Tensor x = at::empty({2, s.in, s.height * s.stride, s.width * s.stride},
                                 at::device(at::kCPU).dtype(dtype), at::MemoryFormat::ChannelsLast);
  const at::Tensor weight = at::empty({s.out, s.in, 3, 3}, at::device(at::kCPU).dtype(dtype));
  return sct::fits_conv3x3_cpu(x, weight.requires_grad_(learns), {s.stride, s.stride});
}

void outputs(at::ScalarType dtype, bool has) {
  for (const Sizes& s : {Sizes{16, 16, 5, 8, 1}, Sizes{16, 32, 1, 24, 1}, Sizes{32, 32, 16, 16, 1},
                         Sizes{16, 32, 16, 16, 2}, Sizes{32, 64, 8, 8, 2}}) {
    CHECK(fits(s, dtype) == has);
  }
  for (const Sizes& s :
       {Sizes{64, 64, 8, 8, 1}, Sizes{3, 16, 8, 8, 1}, Sizes{16, 24, 8, 8, 1},
        Sizes{16, 16, 8, 12, 1}, Sizes{64, 128, 8, 8, 2}, Sizes{16, 16, 8, 8, 3}}) {
    CHECK(!fits(s, dtype));
  }
}

void gradients_of_weights(bool has) {
  for (const Sizes& s : {Sizes{64, 64, 8, 8, 1}, Sizes{64, 128, 4, 4, 2}, Sizes{48, 16, 3, 6, 1}}) {
    CHECK(fits(s, at::kBFloat16, true) == has);
    CHECK(!fits(s, at::kBFloat16, false));
    CHECK(!fits(s, at::kFloat, true));
  }
  for (const Sizes& s : {Sizes{128, 128, 4, 4, 1}, Sizes{64, 144, 8, 8, 1}, Sizes{64, 64, 4, 5, 1},
                         Sizes{64, 64, 4, 2, 1}}) {
    CHECK(!fits(s, at::kBFloat16, true));
  }
}

}  // namespace

int main() {
  const bool avx512 = sct::resolve_isa(SCT_ISA_AUTO) == SCT_ISA_AVX512;
  const bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  outputs(at::kFloat, avx512);
  outputs(at::kBFloat16, bf16);
  gradients_of_weights(bf16);
  CHECK(!fits({16, 16, 8, 8, 1}, at::kDouble));
  CHECK(!fits({16, 16, 8, 8, 1}, at::kHalf));
  return CHECK_RESULT;
}
