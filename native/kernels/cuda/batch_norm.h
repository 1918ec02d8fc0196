// What the GPU is told about batch normalisation, and the kernels that compute it.
//
// Activations are matrices of contiguous rows, a column for each channel: [N, C], or [N, C, H, W]
// in channels-last memory as [N H W, C]. A block of threads has some of the columns and a part of
// the rows, see Layout. Arithmetic is in float32. What the threads of a block come to is added as a
// tree, and what parts come to, which is written, by further kernels in double precision in the
// order of the parts, so that every run gives the same bits.
//
// Sums of one process, which go to the others, are arrays as of cpu/batch_norm_pass.h. Nothing is
// allocated, and nothing of a pass depends on values that only the GPU has.
//
// Included by nvcc and by host compilers, so it holds plain types only.
#pragma once

#include <stdint.h>

#include "batch_norm_then.h"

struct CUstream_st;

namespace sct::batch_norm::cuda {

enum class Element : int32_t { kFloat32, kBfloat16, kFloat16 };

// Elements of 16 bytes.
constexpr int32_t widest(Element element) { return element == Element::kFloat32 ? 4 : 8; }

// [rows, channels] elements.
struct Matrix {
  int64_t rows;
  int64_t channels;
  Element element;
  // Elements are loaded and stored 16 bytes at a time: rows are a multiple of that, and so are the
  // addresses of all matrices of a pass.
  bool wide;
};

// Threads of a block, as many columns as `across` of them have, side by side, and the others below.
constexpr int32_t kLanes = 256;
constexpr int32_t kMostAcross = 32;

struct Layout {
  // Threads side by side, a power of two, each with one column, or 16 bytes of them.
  int32_t across;
  // Blocks side by side.
  int32_t blocks;
  // Parts of the rows, none empty, and their rows, of which the last may have fewer.
  int32_t parts;
  int64_t rows;
};

constexpr Layout layout_of(const Matrix& matrix) {
  // Blocks that keep a GPU busy. The same for every GPU, so that all add in the same order.
  constexpr int64_t kBlocks = 1024;
  // Rows of a thread that are worth a part.
  constexpr int64_t kFewestRows = 4;
  const int64_t width = matrix.wide ? widest(matrix.element) : 1;
  const int64_t threads = matrix.channels / width;
  int32_t across = 1;
  while (across < kMostAcross && across < threads) {
    across *= 2;
  }
  const int64_t blocks = (threads + across - 1) / across;
  const int64_t wanted = (kBlocks + blocks - 1) / blocks;
  const int64_t fewest = kLanes / across * kFewestRows;
  const int64_t shared = (matrix.rows + wanted - 1) / wanted;
  const int64_t rows = shared > fewest ? shared : fewest;
  return {across, static_cast<int32_t>(blocks),
          static_cast<int32_t>((matrix.rows + rows - 1) / rows), rows};
}

// Below, C is the number of channels, and every pointer is to memory of the GPU.

// The moments of the rows of this process.
struct Statistics {
  Matrix matrix;
  const void* x;
  // [parts, 2, C], for the kernels alone.
  double* parts;
  // [1 + 2 C]: the number of rows, means, and sums of (x - mean)^2.
  double* moments;
};

// [C] each, or null.
struct Affine {
  const float* weight;
  const float* bias;
};

// What the moments of all processes come to.
struct Normalization {
  int64_t channels;
  int64_t processes;
  // [processes, 1 + 2 C].
  const double* moments;
  Affine affine;
  double eps;
  // Of the running mean and variance, [C] each, or null:
  // running <- (1 - momentum) running + momentum batch, with the unbiased variance.
  double momentum;
  float* running_mean;
  float* running_var;
  // [1 + 2 C]: the number of rows of all processes, means, and 1 / sqrt(var + eps).
  double* state;
  // [3, C]: mean, scale and shift of (x - mean) scale + shift. The mean is rounded, and what that
  // loses is in the shift: it would show where a channel varies little around a large mean.
  float* constants;
};

// The same constants of running statistics, [C] each.
struct Evaluation {
  int64_t channels;
  const float* running_mean;
  const float* running_var;
  Affine affine;
  double eps;
  float* constants;
};

// y = the normalised x, then max(0, y) or max(0, y + shortcut).
struct Apply {
  Matrix matrix;
  Then then;
  const void* x;
  const void* shortcut;
  const float* constants;
  void* y;
};

// The sums of dz and of dz (x - mean), dz being the gradient dy where the output was not cut off.
// Whether it was is computed from x again for kRelu; for kAddRelu it is read from the output y, and
// dz is written, since it is the shortcut's gradient.
struct Reduce {
  Matrix matrix;
  Then then;
  const void* x;
  const void* dy;
  const void* y;
  const float* constants;
  const double* state;
  void* dz;
  // [parts, 2, C], for the kernels alone.
  double* parts;
  // [2, C].
  double* sums;
  // [C] each, or null: the gradients of weight and bias.
  float* grad_weight;
  float* grad_bias;
};

// dx = scale (dz - sum dz / n - (x - mean) invstd^2 sum(dz (x - mean)) / n), with the sums, and
// their number n, of all processes; for kAddRelu, dy is dz already.
struct ApplyGradient {
  Matrix matrix;
  Then then;
  const void* x;
  const void* dy;
  const float* constants;
  const double* state;
  // [2, C].
  const double* sums;
  // [2, C], for the kernels alone: along and constant of dz scale + (x - mean) along + constant.
  float* slopes;
  void* dx;
};

// The results are CUDA's error codes, 0 without error. On a stream of the current device.
int launch_statistics(const Statistics& pass, CUstream_st* stream);
int launch_normalization(const Normalization& pass, CUstream_st* stream);
int launch_evaluation(const Evaluation& pass, CUstream_st* stream);
int launch_apply(const Apply& pass, CUstream_st* stream);
int launch_reduce(const Reduce& pass, CUstream_st* stream);
int launch_apply_gradient(const ApplyGradient& pass, CUstream_st* stream);

}  // namespace sct::batch_norm::cuda
