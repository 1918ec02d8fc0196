// The kernels of NT-Xent with AVX2 and FMA.
#include <immintrin.h>

#include "cpu/nt_xent_tile.h"

namespace sct::nt_xent {
namespace {

struct Avx2 {
  static constexpr int kWidth = 8;
  static constexpr int kRows = 4;
  // The exponent whose bits are 0.
  static constexpr float kLowest = -127;

  __m256 v;

  static Avx2 set(float x) { return {_mm256_set1_ps(x)}; }
  static Avx2 spread(const float* p) { return {_mm256_broadcast_ss(p)}; }
  static Avx2 load(const float* p) { return {_mm256_loadu_ps(p)}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  float sum() const {
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
  }
  float largest() const {
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
  }

  static Avx2 fma(Avx2 a, Avx2 b, Avx2 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  static Avx2 max(Avx2 a, Avx2 b) { return {_mm256_max_ps(a.v, b.v)}; }
  static Avx2 round(Avx2 a) {
    return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  // a 2^n for whole n from -126 to 127, 0 for n = -127.
  static Avx2 times_power(Avx2 a, Avx2 n) {
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
    return {_mm256_mul_ps(a.v, _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23)))};
  }

  // [4, 8] to [8, 4].
  static void transpose(const float* in, int64_t in_stride, float* out, int64_t out_stride) {
    const __m256 r0 = _mm256_loadu_ps(in);
    const __m256 r1 = _mm256_loadu_ps(in + in_stride);
    const __m256 r2 = _mm256_loadu_ps(in + 2 * in_stride);
    const __m256 r3 = _mm256_loadu_ps(in + 3 * in_stride);
    const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(r0, r1));
    const __m256d b = _mm256_castps_pd(_mm256_unpackhi_ps(r0, r1));
    const __m256d c = _mm256_castps_pd(_mm256_unpacklo_ps(r2, r3));
    const __m256d d = _mm256_castps_pd(_mm256_unpackhi_ps(r2, r3));
    // Half h of vector i is column 4 h + i.
    const __m256d columns[4] = {_mm256_unpacklo_pd(a, c), _mm256_unpackhi_pd(a, c),
                                _mm256_unpacklo_pd(b, d), _mm256_unpackhi_pd(b, d)};
    for (int i = 0; i < 4; i++) {
      const __m256 both = _mm256_castpd_ps(columns[i]);
      _mm_storeu_ps(out + i * out_stride, _mm256_castps256_ps128(both));
      _mm_storeu_ps(out + (4 + i) * out_stride, _mm256_extractf128_ps(both, 1));
    }
  }

  friend Avx2 operator+(Avx2 a, Avx2 b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend Avx2 operator-(Avx2 a, Avx2 b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend Avx2 operator*(Avx2 a, Avx2 b) { return {_mm256_mul_ps(a.v, b.v)}; }
};

}  // namespace

const Kernels& avx2_kernels() { return kKernels<Avx2>; }

}  // namespace sct::nt_xent
