// The kernels of sct_augment with AVX2 and FMA.
#include <immintrin.h>

#include "cpu/augment_vector.h"

namespace sct::augment {
namespace {

struct Avx2 {
  static constexpr int kWidth = 8;
  using Index = __m256i;

  __m256 v;

  static Avx2 set(float x) { return {_mm256_set1_ps(x)}; }
  static Avx2 load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Avx2 load_bytes(const uint8_t* p) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))};
  }
  static Index load_index(const int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  void store(uint16_t* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bfloat16()); }
  // Past the caches, to aligned memory; `fence` before others read it.
  void stream(float* p) const { _mm256_stream_ps(p, v); }
  void stream(uint16_t* p) const { _mm_stream_si128(reinterpret_cast<__m128i*>(p), bfloat16()); }
  static void fence() { _mm_sfence(); }
  __m128i bfloat16() const {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, half), 16);
    return _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
  }
  float sum() const {
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
  }

  static Avx2 fma(Avx2 a, Avx2 b, Avx2 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  static Avx2 min(Avx2 a, Avx2 b) { return {_mm256_min_ps(a.v, b.v)}; }
  static Avx2 max(Avx2 a, Avx2 b) { return {_mm256_max_ps(a.v, b.v)}; }
  static Avx2 abs(Avx2 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0F), a.v)}; }
  static bool any(__m256 mask) { return _mm256_movemask_ps(mask) != 0; }
  static __m256 eq(Avx2 a, Avx2 b) { return _mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ); }
  static __m256 ge(Avx2 a, Avx2 b) { return _mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ); }
  static __m256 gt(Avx2 a, Avx2 b) { return _mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ); }
  static Avx2 select(__m256 mask, Avx2 a, Avx2 b) { return {_mm256_blendv_ps(b.v, a.v, mask)}; }

  // 1 / x, or 0 where x is too small for that.
  static Avx2 inverse_or_zero(Avx2 x) {
    const __m256 inverse = _mm256_div_ps(_mm256_set1_ps(1), x.v);
    return {_mm256_and_ps(inverse, gt(x, set(kSmallest)))};
  }
  // x - floor(x).
  static Avx2 fraction(Avx2 x) { return {_mm256_sub_ps(x.v, _mm256_floor_ps(x.v))}; }
  // |x|, at least 1 and at most 2.
  static Avx2 abs_clamped(Avx2 x) { return min(max(abs(x), set(1)), set(2)); }

  // Lanes 0, 3, 6 of a vector, 1, 4, 7 of the next one and 2, 5 of the third are 8 values of one
  // channel: they never meet, so they are blended first and put in order afterwards.
  static constexpr int k036 = 0b01001001;
  static constexpr int k147 = 0b10010010;
  static constexpr int k25 = 0b00100100;

  // 24 values r g b r g b ... become 8 each of r, g and b.
  static void deinterleave(Avx2& a, Avx2& b, Avx2& c) {
    const __m256 red = _mm256_blend_ps(_mm256_blend_ps(a.v, b.v, k147), c.v, k25);
    const __m256 green = _mm256_blend_ps(_mm256_blend_ps(a.v, b.v, k25), c.v, k036);
    const __m256 blue = _mm256_blend_ps(_mm256_blend_ps(a.v, b.v, k036), c.v, k147);
    a.v = _mm256_permutevar8x32_ps(red, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
    b.v = _mm256_permutevar8x32_ps(green, _mm256_setr_epi32(1, 4, 7, 2, 5, 0, 3, 6));
    c.v = _mm256_permutevar8x32_ps(blue, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
  }

  // The inverse of deinterleave.
  static void interleave(Avx2& r, Avx2& g, Avx2& b) {
    const __m256 red = _mm256_permutevar8x32_ps(r.v, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
    const __m256 green = _mm256_permutevar8x32_ps(g.v, _mm256_setr_epi32(5, 0, 3, 6, 1, 4, 7, 2));
    const __m256 blue = _mm256_permutevar8x32_ps(b.v, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
    r.v = _mm256_blend_ps(_mm256_blend_ps(red, green, k147), blue, k25);
    g.v = _mm256_blend_ps(_mm256_blend_ps(red, green, k25), blue, k036);
    b.v = _mm256_blend_ps(_mm256_blend_ps(red, green, k036), blue, k147);
  }

  friend Avx2 operator+(Avx2 a, Avx2 b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend Avx2 operator-(Avx2 a, Avx2 b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend Avx2 operator*(Avx2 a, Avx2 b) { return {_mm256_mul_ps(a.v, b.v)}; }
  friend Avx2 operator/(Avx2 a, Avx2 b) { return {_mm256_div_ps(a.v, b.v)}; }

  // The vectors n floats before and after p.
  template <int n>
  static Avx2 left(const float* p, Avx2, Avx2) {
    return load(p - n);
  }
  template <int n>
  static Avx2 right(const float* p, Avx2, Avx2) {
    return load(p + n);
  }

  // The inputs of a block of outputs: all in one register, in two, or gathered.
  struct Near {
    __m256 low;
    explicit Near(const float* p) : low(_mm256_loadu_ps(p)) {}
    Avx2 at(Index i) const { return {_mm256_permutevar8x32_ps(low, i)}; }
  };
  struct Far {
    __m256 low;
    __m256 high;
    explicit Far(const float* p) : low(_mm256_loadu_ps(p)), high(_mm256_loadu_ps(p + kWidth)) {}
    Avx2 at(Index i) const {
      // Bit 3 of the index says which register; the permutation ignores it.
      const __m256 upper = _mm256_castsi256_ps(_mm256_slli_epi32(i, 28));
      return {_mm256_blendv_ps(_mm256_permutevar8x32_ps(low, i), _mm256_permutevar8x32_ps(high, i),
                               upper)};
    }
  };
  struct Spread {
    const float* from;
    explicit Spread(const float* p) : from(p) {}
    Avx2 at(Index i) const { return {_mm256_i32gather_ps(from, i, sizeof(float))}; }
  };
};

}  // namespace

const Kernels& avx2_kernels() { return kKernels<Avx2>; }

}  // namespace sct::augment
