// The kernels of 3 x 3 convolutions in float32 with AVX-512 (F, BW, DQ, VL).
#include "cpu/conv3x3_rows.h"

namespace sct::conv3x3 {
namespace {

struct Float32 {
  using Value = float;
  static constexpr int kPack = 1;

  static __m512 multiply_add(__m512 a, __m512 b, __m512 sum) { return _mm512_fmadd_ps(a, b, sum); }
  static void store(__m512 sum, float* out) { _mm512_storeu_ps(out, sum); }
};

constexpr Kernels kKernels = {Float32::kPack, forward<Float32>, input_gradient<Float32>, nullptr};

}  // namespace

const Kernels& avx512_kernels() { return kKernels; }

}  // namespace sct::conv3x3
