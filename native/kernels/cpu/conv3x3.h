// The parts of the CPU kernel of 3 x 3 convolutions, and what its instruction sets provide.
//
// Included by files compiled for an instruction set, so it holds plain types only.
//
// Activations are channels-last, [N, H, W, C], float32 or bfloat16; stride, padding and dilation
// are 1. Products are summed in float32. The instruction that multiplies bfloat16 takes two of them
// at a time, so what it multiplies is kept as units of 32 bits: one float32, or two bfloat16 whose
// products are added.
#pragma once

#include <stdint.h>

namespace sct::conv3x3 {

constexpr int64_t kTaps = 9;

// What channels have to be multiples of, and widths.
constexpr int64_t kLanes = 16;
constexpr int64_t kPixels = 8;

// One image, of `in` channels that become `out`.
struct Shape {
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out;
};

struct Kernels {
  // Values of a unit.
  int64_t pack;
  // y[h][w][o] = sum over the taps (kh, kw) and i of x[h + kh - 1][w + kw - 1][i] k[kh][kw][i][o],
  // with the kernel k as units [3, 3, in / pack, out] of `pack` input channels. Works in
  // forward_units() units.
  void (*forward)(const void* x, const float* kernel, void* y, Shape shape, float* workspace);
  // Adds the sum over h and w of x[h + kh - 1][w + kw - 1][i] dy[h][w][o] to grad[kh][kw][i][o].
  // Works in gradient_units() units. Null where it does not win.
  void (*weight_gradient)(const void* x, const void* dy, float* grad, Shape shape,
                          float* workspace);
};

// Three rows of a padded image.
inline int64_t forward_units(Shape shape) { return 3 * (shape.width + 2) * shape.in; }

// Rows whose gradient is summed at a time stay in the first-level cache with their inputs.
inline int64_t band_rows(Shape shape) {
  const int64_t rows = 4096 / (shape.width * shape.in);
  return rows < 1 ? 1 : (rows < shape.height ? rows : shape.height);
}

// The rows of a padded image that a band needs, and its gradient.
inline int64_t gradient_units(Shape shape) {
  const int64_t rows = band_rows(shape);
  return (rows + 2) * (shape.width + 2) * shape.in + rows * shape.width * shape.out;
}

// Float32, with AVX-512 (F, BW, DQ, VL); bfloat16, with BF16 as well.
const Kernels& avx512_kernels();
const Kernels& avx512bf16_kernels();

}  // namespace sct::conv3x3
