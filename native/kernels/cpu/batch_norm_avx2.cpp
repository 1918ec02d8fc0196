// The kernels of batch normalisation with AVX2 and FMA.
#include <immintrin.h>

#include "cpu/batch_norm_rows.h"

namespace sct::batch_norm {
namespace {

struct Avx2 {
  static constexpr int kWidth = 8;

  __m256 v;

  static Avx2 set(float x) { return {_mm256_set1_ps(x)}; }
  static Avx2 load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Avx2 load(const Bfloat16* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16))};
  }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  // To the nearest, ties to even; NaN stays NaN.
  void store(Bfloat16* p) const {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i up = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, up), 16);
    const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    const __m256i out = _mm256_blendv_epi8(rounded, _mm256_set1_epi32(0x7FC0), is_nan);
    const __m256i packed = _mm256_packus_epi32(out, out);
    const __m256i in_order = _mm256_permute4x64_epi64(packed, 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(in_order));
  }

  static Avx2 fma(Avx2 a, Avx2 b, Avx2 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  static Avx2 max(Avx2 a, Avx2 b) { return {_mm256_max_ps(a.v, b.v)}; }
  // g where not a <= 0, so where a is NaN too; 0 elsewhere.
  static Avx2 zero_where_cut(Avx2 g, Avx2 a) {
    return {_mm256_and_ps(g.v, _mm256_cmp_ps(a.v, _mm256_setzero_ps(), _CMP_NLE_UQ))};
  }

  friend Avx2 operator+(Avx2 a, Avx2 b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend Avx2 operator-(Avx2 a, Avx2 b) { return {_mm256_sub_ps(a.v, b.v)}; }
};

}  // namespace

const Kernels& avx2_kernels(bool bfloat16) { return kernels<Avx2>(bfloat16); }

}  // namespace sct::batch_norm
