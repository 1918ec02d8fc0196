// The kernels of NT-Xent with AVX-512 (F, BW, DQ, VL).
#include <immintrin.h>

#include "cpu/nt_xent_tile.h"

namespace sct::nt_xent {
namespace {

struct Avx512 {
  static constexpr int kWidth = 16;
  static constexpr int kRows = 8;
  // Beyond the denormal numbers, so that the power is 0.
  static constexpr float kLowest = -256;

  __m512 v;

  static Avx512 set(float x) { return {_mm512_set1_ps(x)}; }
  static Avx512 spread(const float* p) { return {_mm512_set1_ps(*p)}; }
  static Avx512 load(const float* p) { return {_mm512_loadu_ps(p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  float sum() const { return _mm512_reduce_add_ps(v); }
  float largest() const { return _mm512_reduce_max_ps(v); }

  static Avx512 fma(Avx512 a, Avx512 b, Avx512 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  static Avx512 max(Avx512 a, Avx512 b) { return {_mm512_max_ps(a.v, b.v)}; }
  static Avx512 round(Avx512 a) {
    return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  // a 2^n for whole n.
  static Avx512 times_power(Avx512 a, Avx512 n) { return {_mm512_scalef_ps(a.v, n.v)}; }

  // [8, 16] to [16, 8].
  static void transpose(const float* in, int64_t in_stride, float* out, int64_t out_stride) {
    __m512 low[4];
    __m512 high[4];
    transpose_quarters(in, in_stride, low);
    transpose_quarters(in + 4 * in_stride, in_stride, high);
    // Quarter q of vector c is column 4 q + c of four rows.
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    for (int c = 0; c < 4; c++) {
      const __m512d a = _mm512_castps_pd(low[c]);
      const __m512d b = _mm512_castps_pd(high[c]);
      const __m512 near = _mm512_castpd_ps(_mm512_permutex2var_pd(a, first, b));
      const __m512 far = _mm512_castpd_ps(_mm512_permutex2var_pd(a, second, b));
      _mm256_storeu_ps(out + c * out_stride, _mm512_castps512_ps256(near));
      _mm256_storeu_ps(out + (4 + c) * out_stride, _mm512_extractf32x8_ps(near, 1));
      _mm256_storeu_ps(out + (8 + c) * out_stride, _mm512_castps512_ps256(far));
      _mm256_storeu_ps(out + (12 + c) * out_stride, _mm512_extractf32x8_ps(far, 1));
    }
  }

  friend Avx512 operator+(Avx512 a, Avx512 b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend Avx512 operator-(Avx512 a, Avx512 b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend Avx512 operator*(Avx512 a, Avx512 b) { return {_mm512_mul_ps(a.v, b.v)}; }

 private:
  // Four rows, each quarter transposed on its own.
  static void transpose_quarters(const float* in, int64_t stride, __m512* out) {
    const __m512 r0 = _mm512_loadu_ps(in);
    const __m512 r1 = _mm512_loadu_ps(in + stride);
    const __m512 r2 = _mm512_loadu_ps(in + 2 * stride);
    const __m512 r3 = _mm512_loadu_ps(in + 3 * stride);
    const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(r0, r1));
    const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(r0, r1));
    const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(r2, r3));
    const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(r2, r3));
    out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
    out[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
    out[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
    out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
  }
};

}  // namespace

const Kernels& avx512_kernels() { return kKernels<Avx512>; }

}  // namespace sct::nt_xent
