// The kernels of batch normalisation with what every processor of the platform has.
#include "cpu/batch_norm_rows.h"

namespace sct::batch_norm {
namespace {

// Four floats, which the compiler maps to the vectors of the platform's baseline.
typedef float Four __attribute__((vector_size(16)));
typedef uint32_t FourBits __attribute__((vector_size(16)));

struct Scalar {
  static constexpr int kWidth = 4;

  Four v;

  static Scalar set(float x) { return {Four{x, x, x, x}}; }
  static Scalar load(const float* p) {
    Scalar out;
    memcpy(&out.v, p, sizeof out.v);
    return out;
  }
  static Scalar load(const Bfloat16* p) {
    const FourBits bits = {p[0].bits, p[1].bits, p[2].bits, p[3].bits};
    return {reinterpret_cast<Four>(bits << 16)};
  }
  void store(float* p) const { memcpy(p, &v, sizeof v); }
  // To the nearest, ties to even; NaN stays NaN.
  void store(Bfloat16* p) const {
    const FourBits bits = reinterpret_cast<FourBits>(v);
    const FourBits rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
    const FourBits is_number = reinterpret_cast<FourBits>(v == v);
    const FourBits out = (is_number & rounded) | (~is_number & 0x7FC0U);
    for (int i = 0; i < kWidth; i++) {
      p[i].bits = static_cast<uint16_t>(out[i]);
    }
  }

  static Scalar fma(Scalar a, Scalar b, Scalar c) { return {a.v * b.v + c.v}; }
  static Scalar max(Scalar a, Scalar b) { return {a.v > b.v ? a.v : b.v}; }
  // g where not a <= 0, so where a is NaN too; 0 elsewhere.
  static Scalar zero_where_cut(Scalar g, Scalar a) {
    const FourBits cut = reinterpret_cast<FourBits>(a.v <= Four{});
    return {reinterpret_cast<Four>(reinterpret_cast<FourBits>(g.v) & ~cut)};
  }

  friend Scalar operator+(Scalar a, Scalar b) { return {a.v + b.v}; }
  friend Scalar operator-(Scalar a, Scalar b) { return {a.v - b.v}; }
};

}  // namespace

const Kernels& scalar_kernels(bool bfloat16) { return kernels<Scalar>(bfloat16); }

}  // namespace sct::batch_norm
