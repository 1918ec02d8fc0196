// The parts of the CPU kernel of batch normalisation, and what its instruction sets provide.
//
// Included by files compiled for an instruction set, so it holds plain types only.
//
// Activations are matrices of contiguous rows, one column for each channel: [N, C], or [N, C, H, W]
// in channels-last memory as [N H W, C]. Narrow matrices are folded into wider ones, several rows
// side by side, so that vectors have no tails; a column then is a channel and a place in the fold.
// Elements are float32 or bfloat16, statistics and all arithmetic float32.
#pragma once

#include <stdint.h>

#include "batch_norm_then.h"

namespace sct::batch_norm {

// What widths should be a multiple of: four vectors of AVX-512.
constexpr int64_t kFold = 64;

// [rows, width] elements.
struct Shape {
  int64_t rows;
  int64_t width;
};

// Of each column: the output is (x - mean) scale + shift.
struct Columns {
  const float* mean;
  const float* scale;
  const float* shift;
};

// Adds the columns' sums of x - origin and of (x - origin)^2 to `sum` and `square`.
struct Statistics {
  const void* x;
  const float* origin;
  double* sum;
  double* square;
};

// y = the normalised x, then max(0, y) or max(0, y + shortcut).
struct Apply {
  const void* x;
  const void* shortcut;
  Columns columns;
  void* y;
};

// Adds the columns' sums of dz and of dz (x - mean) to `sum` and `product`, dz being the gradient
// dy where the output was not cut off. Whether it was is computed from x again for kRelu; for
// kAddRelu it is read from the output y, and dz is written, since it is the shortcut's gradient.
struct Reduce {
  const void* x;
  const void* dy;
  const void* y;
  Columns columns;
  void* dz;
  double* sum;
  double* product;
};

// dx = dz scale + (x - mean) along + constant, with dz as above; for kAddRelu, dy is dz already.
struct ApplyGradient {
  const void* x;
  const void* dy;
  Columns columns;
  const float* along;
  const float* constant;
  void* dx;
};

// What an instruction set provides for a type of elements.
struct Kernels {
  void (*statistics)(const Statistics& pass, Shape shape);
  void (*apply)(const Apply& pass, Shape shape, Then then);
  void (*reduce)(const Reduce& pass, Shape shape, Then then);
  void (*apply_gradient)(const ApplyGradient& pass, Shape shape, Then then);
};

const Kernels& scalar_kernels(bool bfloat16);
const Kernels& avx2_kernels(bool bfloat16);
const Kernels& avx512_kernels(bool bfloat16);

}  // namespace sct::batch_norm
