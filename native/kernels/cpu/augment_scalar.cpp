// The kernels of sct_augment without vector instructions.
#include "cpu/augment_vector.h"

namespace sct::augment {
namespace {

struct Scalar {
  static constexpr int kWidth = 1;
  using Index = int32_t;

  float v;

  static Scalar set(float x) { return {x}; }
  static Scalar load(const float* p) { return {*p}; }
  static Scalar load_bytes(const uint8_t* p) { return {static_cast<float>(*p)}; }
  static Index load_index(const int32_t* p) { return *p; }
  void store(float* p) const { *p = v; }
  void store(uint16_t* p) const {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    *p = static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
  }
  void stream(float* p) const { store(p); }
  void stream(uint16_t* p) const { store(p); }
  static void fence() {}
  float sum() const { return v; }

  static Scalar fma(Scalar a, Scalar b, Scalar c) { return {a.v * b.v + c.v}; }
  static Scalar min(Scalar a, Scalar b) { return a.v < b.v ? a : b; }
  static Scalar max(Scalar a, Scalar b) { return a.v > b.v ? a : b; }
  static Scalar abs(Scalar a) { return {a.v < 0 ? -a.v : a.v}; }
  static bool any(bool mask) { return mask; }
  static bool eq(Scalar a, Scalar b) { return a.v == b.v; }
  static bool ge(Scalar a, Scalar b) { return a.v >= b.v; }
  static bool gt(Scalar a, Scalar b) { return a.v > b.v; }
  static Scalar select(bool mask, Scalar a, Scalar b) { return mask ? a : b; }
  // 1 / x, or 0 where x is too small for that.
  static Scalar inverse_or_zero(Scalar x) { return {x.v > kSmallest ? 1 / x.v : 0}; }
  // x - floor(x).
  static Scalar fraction(Scalar x) {
    const float rest = x.v - static_cast<float>(static_cast<int32_t>(x.v));
    return {rest < 0 ? rest + 1 : rest};
  }
  // |x|, at least 1 and at most 2.
  static Scalar abs_clamped(Scalar x) { return min(max(abs(x), set(1)), set(2)); }

  static void deinterleave(Scalar&, Scalar&, Scalar&) {}
  static void interleave(Scalar&, Scalar&, Scalar&) {}

  friend Scalar operator+(Scalar a, Scalar b) { return {a.v + b.v}; }
  friend Scalar operator-(Scalar a, Scalar b) { return {a.v - b.v}; }
  friend Scalar operator*(Scalar a, Scalar b) { return {a.v * b.v}; }
  friend Scalar operator/(Scalar a, Scalar b) { return {a.v / b.v}; }

  // The inputs of a block of outputs.
  struct Spread {
    const float* from;
    explicit Spread(const float* p) : from(p) {}
    Scalar at(Index i) const { return {from[i]}; }
  };
  using Near = Spread;
  using Far = Spread;
};

}  // namespace

const Kernels& scalar_kernels() { return kKernels<Scalar>; }

}  // namespace sct::augment
