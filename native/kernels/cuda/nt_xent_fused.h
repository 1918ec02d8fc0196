// What the GPU is told about NT-Xent on tensor cores, where no cosine is ever written to memory,
// and the kernels that compute it.
//
// A block of threads has kAnchors anchors and goes through a part of the candidates, a tile of them
// at a time, whose cosines with the anchors it multiplies into its registers. In the backward pass
// it computes the cosines again, and with the factors that they become multiplies the same tile.
// Parts are there to keep a GPU busy with few rows. What a part comes to is written, and added by
// further kernels in the order of the parts, so that every run gives the same bits.
//
// The rows of the products are v 2^k, of a length from 1 to below 2, and a cosine is their product
// over both lengths. So the products of rows that were bfloat16 are exact, as they would not be of
// unit rows rounded to bfloat16. The factors, times 1 / length, are the sum of two bfloat16 numbers
// there, which leaves them 16 bits; in TF32 they have 11, as rows and factors have with cuBLAS.
//
// By nvcc 13.0 with -O3 for compute capabilities 8.0 and 9.0, no thread spills registers but those
// of the backward pass with D = 256, 40 bytes at most.
//
// Included by nvcc and by host compilers, so it holds plain types only.
#pragma once

#include <stdint.h>

#include "cuda/nt_xent.h"

namespace sct::nt_xent::cuda {

// What rows are multiplied as: bfloat16, or float32 that is rounded to the 11 bits of TF32.
enum class Operand : int32_t { kBfloat16, kTf32 };

// Numbers of an operand in a word of 32 bits.
constexpr int32_t numbers_in_word(Operand operand) { return operand == Operand::kBfloat16 ? 2 : 1; }

// Lengths of a row, D, that there are kernels for.
constexpr bool has_fused_kernels(int64_t depth) {
  return depth == 64 || depth == 128 || depth == 256;
}

// Warps of a block, each with 16 anchors, the rows of a product of a warp.
constexpr int32_t kWarps = 4;
constexpr int32_t kAnchors = 16 * kWarps;

// Candidates of a tile: as many as let the anchors and two tiles fit the shared memory of 99 KiB
// that all GPUs with these products have, and the gradient of the anchors into registers.
constexpr int32_t tile_of(int32_t words) { return words <= 64 ? 64 : words == 128 ? 32 : 16; }

// Rows and tiles are counted in 32 bits: more rows fit no GPU.
struct Rows {
  // [2 * images, depth] of the operand, from an address that is a multiple of 16 bytes.
  const uint32_t* words;
  // Of each, 1 / its length.
  const float* reciprocal;
  int32_t images;
};

// Parts of a range of candidates, none empty, of `tiles` tiles but for the last.
struct Parts {
  int32_t count;
  int32_t tiles;
};

// Those of `candidates`, where there are `blocks` blocks for each part, and tiles of `tile` rows.
constexpr Parts parts_of(int32_t candidates, int32_t tile, int32_t blocks) {
  // Blocks that keep a GPU busy. The same for every GPU, so that all add in the same order.
  constexpr int32_t kBlocks = 256;
  const int32_t tiles = (candidates + tile - 1) / tile;
  const int32_t wanted = (kBlocks + blocks - 1) / blocks;
  const int32_t each = wanted < tiles ? (tiles + wanted - 1) / wanted : 1;
  return {(tiles + each - 1) / each, each};
}

struct FusedForward {
  Operand operand;
  int32_t depth;
  Rows rows;
  // Of the rows of one view.
  Parts parts;
  float scale;
  // [2 * parts, 2 * images]: what candidates come to for each row, those of the parts of view 1,
  // then those of view 2.
  LaneSum* sums;
  // Of each row, the cosine of it and its positive.
  float* positive;
  Outcome outcome;
};

struct FusedBackward {
  Operand operand;
  int32_t depth;
  Rows rows;
  // Of all rows.
  Parts parts;
  Factors factors;
  // [2 * images, depth]: unit rows. And of each, the cosine of it and its positive.
  const float* unit;
  const float* positive;
  // [parts, 2 * images, depth]: gradients of the unit rows without their positives.
  float* partial;
  // [2 * images, depth]: gradients of the unit rows.
  float* gradient;
};

// The results are CUDA's error codes, 0 without error. For the current device, and on a stream of
// it.

// Whether the kernels were compiled for compute capability 8.0 or later, as they must be, and with
// it the device.
int can_fuse(bool& result);

int launch_fused_forward(const FusedForward& pass, CUstream_st* stream);
int launch_fused_backward(const FusedBackward& pass, CUstream_st* stream);

}  // namespace sct::nt_xent::cuda
