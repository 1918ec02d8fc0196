// The parts of the CPU kernel of 3 x 3 convolutions, and what its instruction sets provide.
//
// Included by files compiled for an instruction set, so it holds plain types only.
//
// Activations are channels-last, [N, H, W, C], float32 or bfloat16; padding and dilation are 1.
// Products are summed in float32. The instruction that multiplies bfloat16 takes two of them at a
// time, so what it multiplies is kept as units of 32 bits: one float32, or two bfloat16 whose
// products are added.
#pragma once

#include <stdint.h>

namespace sct::conv3x3 {

constexpr int64_t kTaps = 9;

// What channels have to be multiples of, and widths of outputs: in the forward pass, and in the
// gradient of the weight.
constexpr int64_t kLanes = 16;
constexpr int64_t kPixels = 8;
constexpr int64_t kPairs = 2;

// The output of one image, which has `stride` times the height and width, and `in` channels that
// become `out`.
struct Shape {
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out;
  int64_t stride;

  int64_t in_height() const { return height * stride; }
  int64_t in_width() const { return width * stride; }
};

struct Kernels {
  // Values of a unit.
  int64_t pack;
  // y[h][w][o] = sum over the taps (kh, kw) and i of
  // x[stride h + kh - 1][stride w + kw - 1][i] k[kh][kw][i][o], with the kernel k as units
  // [3, 3, in / pack, out] of `pack` input channels. Works in row_units() units.
  void (*forward)(const void* x, const float* kernel, void* y, Shape shape, float* workspace);
  // dx[h][w][i] = the sum of dy k over all that x[h][w][i] went into, with k as units
  // [3, 3, out / pack, in] of `pack` output channels. Works in row_units() units.
  void (*input_gradient)(const void* dy, const float* kernel, void* dx, Shape shape,
                         float* workspace);
  // Adds the sum over h and w of x[stride h + kh - 1][stride w + kw - 1][i] dy[h][w][o] to
  // grad[kh][kw][i][o]. Works in gradient_units() units. Null where it does not win.
  void (*weight_gradient)(const void* x, const void* dy, float* grad, Shape shape,
                          float* workspace);
};

// Three rows of a padded image, or of its padded output.
inline int64_t row_units(Shape shape) {
  const int64_t in = (shape.in_width() + 2) * shape.in;
  const int64_t out = (shape.width + 2) * shape.out;
  return 3 * (in < out ? out : in);
}

// Rows of the output whose gradient is summed at a time: they stay in the first-level cache with
// their inputs.
inline int64_t band_rows(Shape shape) {
  const int64_t rows = 4096 / (shape.stride * shape.in_width() * shape.in);
  return rows < 1 ? 1 : (rows < shape.height ? rows : shape.height);
}

// Rows of the image that so many rows of the output come from.
inline int64_t rows_below(Shape shape, int64_t rows) { return (rows - 1) * shape.stride + 3; }

inline int64_t padded_row(Shape shape) { return (shape.in_width() + 2) * shape.in; }

// The rows of a padded image that a band needs, and its gradient.
inline int64_t gradient_units(Shape shape) {
  const int64_t rows = band_rows(shape);
  return rows_below(shape, rows) * padded_row(shape) + rows * shape.width * shape.out;
}

// Float32, with AVX-512 (F, BW, DQ, VL); bfloat16, with BF16 as well.
const Kernels& avx512_kernels();
const Kernels& avx512bf16_kernels();

}  // namespace sct::conv3x3
