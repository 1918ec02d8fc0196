// The kernels of NT-Xent with what every processor of the platform has.
#include "cpu/nt_xent_tile.h"

namespace sct::nt_xent {
namespace {

// Four floats, which the compiler maps to the vectors of the platform's baseline.
typedef float Four __attribute__((vector_size(16)));
typedef int32_t FourInts __attribute__((vector_size(16)));

struct Scalar {
  static constexpr int kWidth = 4;
  static constexpr int kRows = 4;
  // The exponent whose bits are 0.
  static constexpr float kLowest = -127;

  Four v;

  static Scalar set(float x) { return {Four{x, x, x, x}}; }
  static Scalar spread(const float* p) { return set(*p); }
  static Scalar load(const float* p) {
    Scalar out;
    memcpy(&out.v, p, sizeof out.v);
    return out;
  }
  void store(float* p) const { memcpy(p, &v, sizeof v); }
  float sum() const { return (v[0] + v[1]) + (v[2] + v[3]); }
  float largest() const {
    const float a = v[0] > v[1] ? v[0] : v[1];
    const float b = v[2] > v[3] ? v[2] : v[3];
    return a > b ? a : b;
  }

  static Scalar fma(Scalar a, Scalar b, Scalar c) { return {a.v * b.v + c.v}; }
  static Scalar max(Scalar a, Scalar b) { return {a.v > b.v ? a.v : b.v}; }
  // For |a| < 2^22: adding this number leaves no bits for a fraction.
  static Scalar round(Scalar a) { return {(a.v + kShifter) - kShifter}; }
  // a 2^n for whole n from -126 to 127, 0 for n = -127.
  static Scalar times_power(Scalar a, Scalar n) {
    const FourInts bits = reinterpret_cast<FourInts>(n.v + (kShifter + 127)) << 23;
    return {a.v * reinterpret_cast<Four>(bits)};
  }

  static void transpose(const float* in, int64_t in_stride, float* out, int64_t out_stride) {
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        out[j * out_stride + i] = in[i * in_stride + j];
      }
    }
  }

  friend Scalar operator+(Scalar a, Scalar b) { return {a.v + b.v}; }
  friend Scalar operator-(Scalar a, Scalar b) { return {a.v - b.v}; }
  friend Scalar operator*(Scalar a, Scalar b) { return {a.v * b.v}; }

 private:
  static constexpr float kShifter = 0x1.8p23F;
};

}  // namespace

const Kernels& scalar_kernels() { return kKernels<Scalar>; }

}  // namespace sct::nt_xent
