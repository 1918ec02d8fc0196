// The kernels of sct_augment with AVX-512 (F, BW, DQ, VL).
#include <immintrin.h>

#include "cpu/augment_vector.h"

namespace sct::augment {
namespace {

// Lanes of a permutation of two vectors: 0 to 15 are of the first, 16 to 31 of the second.
using Lanes = int32_t[16];

struct Avx512 {
  static constexpr int kWidth = 16;
  using Index = __m512i;

  __m512 v;

  static Avx512 set(float x) { return {_mm512_set1_ps(x)}; }
  static Avx512 load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Avx512 load_bytes(const uint8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))};
  }
  static Index load_index(const int32_t* p) { return _mm512_loadu_si512(p); }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  void store(uint16_t* p) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bfloat16()); }
  // Past the caches, to aligned memory; `fence` before others read it.
  void stream(float* p) const { _mm512_stream_ps(p, v); }
  void stream(uint16_t* p) const { _mm256_stream_si256(reinterpret_cast<__m256i*>(p), bfloat16()); }
  static void fence() { _mm_sfence(); }
  __m256i bfloat16() const {
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF));
    const __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, half), 16);
    return _mm512_cvtepi32_epi16(rounded);
  }
  float sum() const { return _mm512_reduce_add_ps(v); }

  static Avx512 fma(Avx512 a, Avx512 b, Avx512 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  static Avx512 min(Avx512 a, Avx512 b) { return {_mm512_min_ps(a.v, b.v)}; }
  static Avx512 max(Avx512 a, Avx512 b) { return {_mm512_max_ps(a.v, b.v)}; }
  static bool any(__mmask16 mask) { return mask != 0; }
  static __mmask16 eq(Avx512 a, Avx512 b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ); }
  static __mmask16 ge(Avx512 a, Avx512 b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ); }
  static __mmask16 gt(Avx512 a, Avx512 b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ); }
  static Avx512 select(__mmask16 mask, Avx512 a, Avx512 b) {
    return {_mm512_mask_blend_ps(mask, b.v, a.v)};
  }

  // 1 / x, or 0 where x is too small for that, to an error of 2^-23 of it.
  static Avx512 inverse_or_zero(Avx512 x) {
    const __m512 guess = _mm512_maskz_rcp14_ps(gt(x, set(kSmallest)), x.v);
    return {_mm512_fmadd_ps(guess, _mm512_fnmadd_ps(guess, x.v, _mm512_set1_ps(1)), guess)};
  }
  // x - floor(x).
  static Avx512 fraction(Avx512 x) {
    return {_mm512_reduce_ps(x.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
  }
  // |x|, at least 1 and at most 2.
  static Avx512 abs_clamped(Avx512 x) {
    constexpr int kLargerMagnitude = 0b1011;  // without its sign
    return {_mm512_min_ps(_mm512_range_ps(x.v, _mm512_set1_ps(1), kLargerMagnitude),
                          _mm512_set1_ps(2))};
  }

  // 48 values r g b r g b ... become 16 each of r, g and b.
  static void deinterleave(Avx512& a, Avx512& b, Avx512& c) {
    static constexpr Lanes kRed0 = {0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0};
    static constexpr Lanes kRed1 = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29};
    static constexpr Lanes kGreen0 = {1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0};
    static constexpr Lanes kGreen1 = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30};
    static constexpr Lanes kBlue0 = {2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0};
    static constexpr Lanes kBlue1 = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31};
    const auto pick = [&](const Lanes& first, const Lanes& second) {
      const __m512 ab = _mm512_permutex2var_ps(a.v, load_index(first), b.v);
      return _mm512_permutex2var_ps(ab, load_index(second), c.v);
    };
    const __m512 red = pick(kRed0, kRed1);
    const __m512 green = pick(kGreen0, kGreen1);
    const __m512 blue = pick(kBlue0, kBlue1);
    a.v = red;
    b.v = green;
    c.v = blue;
  }

  // The inverse of deinterleave.
  static void interleave(Avx512& r, Avx512& g, Avx512& b) {
    static constexpr Lanes kFirst0 = {0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5};
    static constexpr Lanes kFirst1 = {0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15};
    static constexpr Lanes kSecond0 = {21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26};
    static constexpr Lanes kSecond1 = {0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15};
    static constexpr Lanes kThird0 = {0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0};
    static constexpr Lanes kThird1 = {26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31};
    const auto pick = [&](const Lanes& first, const Lanes& second) {
      const __m512 rg = _mm512_permutex2var_ps(r.v, load_index(first), g.v);
      return _mm512_permutex2var_ps(rg, load_index(second), b.v);
    };
    const __m512 x = pick(kFirst0, kFirst1);
    const __m512 y = pick(kSecond0, kSecond1);
    const __m512 z = pick(kThird0, kThird1);
    r.v = x;
    g.v = y;
    b.v = z;
  }

  friend Avx512 operator+(Avx512 a, Avx512 b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend Avx512 operator-(Avx512 a, Avx512 b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend Avx512 operator*(Avx512 a, Avx512 b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend Avx512 operator/(Avx512 a, Avx512 b) { return {_mm512_div_ps(a.v, b.v)}; }

  // The vectors n floats before and after p, of which the aligned ones around p are known.
  template <int n>
  static Avx512 left(const float*, Avx512 before, Avx512 centre) {
    return align<kWidth - n>(before, centre);
  }
  template <int n>
  static Avx512 right(const float*, Avx512 centre, Avx512 after) {
    return align<n>(centre, after);
  }
  template <int n>
  static Avx512 align(Avx512 low, Avx512 high) {
    const __m512i bits =
        _mm512_alignr_epi32(_mm512_castps_si512(high.v), _mm512_castps_si512(low.v), n);
    return {_mm512_castsi512_ps(bits)};
  }

  // The inputs of a block of outputs: all in one register, in two, or gathered.
  struct Near {
    __m512 low;
    explicit Near(const float* p) : low(_mm512_loadu_ps(p)) {}
    Avx512 at(Index i) const { return {_mm512_permutexvar_ps(i, low)}; }
  };
  struct Far {
    __m512 low;
    __m512 high;
    explicit Far(const float* p) : low(_mm512_loadu_ps(p)), high(_mm512_loadu_ps(p + kWidth)) {}
    Avx512 at(Index i) const { return {_mm512_permutex2var_ps(low, i, high)}; }
  };
  struct Spread {
    const float* from;
    explicit Spread(const float* p) : from(p) {}
    Avx512 at(Index i) const { return {_mm512_i32gather_ps(i, from, sizeof(float))}; }
  };
};

}  // namespace

const Kernels& avx512_kernels() { return kKernels<Avx512>; }

}  // namespace sct::augment
