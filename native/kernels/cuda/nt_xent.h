// What the GPU is told about a chunk of NT-Xent, and the kernels that work on it.
//
// A chunk is the cosines of some anchors with all rows, which cuBLAS has computed. A block of
// threads has an anchor, and each of its kLanes threads every kLanes-th candidate. The sums of the
// threads are added as a tree, so that every run gives the same bits.
//
// Included by nvcc and by host compilers, so it holds plain types only.
#pragma once

#include <stdint.h>

struct CUstream_st;

namespace sct::nt_xent::cuda {

// Threads of a block: with few rows in a chunk, enough to keep a GPU busy, and with few candidates
// still something to do for each.
constexpr int32_t kLanes = 256;

struct Chunk {
  // [rows, 2 * images]: of the anchors from row `first` on, with the rows of both views.
  float* cosine;
  int64_t first;
  int64_t rows;
};

// Sums over candidates of e = exp((S - shift) / temperature), and of e log2(e). As in
// cpu/nt_xent.h, the shift is 1 or, where temperatures are so low that terms would vanish, runs: it
// is the largest S, the largest cosine.
struct LaneSum {
  float sum;
  float moment;
  float largest;
};

// What the sums of the anchors become.
struct Outcome {
  // Rows of one view.
  int64_t images;
  double temperature;
  bool running;
  // A positive is in no sum of its anchor.
  bool decoupled;
  // Of each of the 2 * images rows: the shift of its sum, 1 / that sum, and its loss.
  float* shift;
  float* weight;
  double* loss;
  // Of each row of view 1: 1 if the positive is more similar than all others of view 2, else 0;
  // and the entropy of the softmax over view 2.
  double* hit;
  double* entropy;
};

// Sums, and what follows from them, for the anchors of a chunk.
struct Forward {
  Chunk chunk;
  // log2(e) / temperature.
  float scale;
  Outcome outcome;
};

// The factors of the unit rows in the gradient of a unit row,
//   e_ij (w_i + w_j) for j != i, minus 2 for the positive,
// with e_ij = exp((S_ij - shift) / temperature), the shift being that of the sum it is divided by.
struct Factors {
  int64_t images;
  float scale;
  bool running;
  bool decoupled;
  // Of each row, from the forward pass.
  const float* shift;
  const float* weight;
};

// From the cosines of a chunk, in place, to the factors.
struct Backward {
  Chunk chunk;
  Factors factors;
};

// The results are CUDA's error codes, 0 without error. On a stream of the current device.
int launch_forward(const Forward& pass, CUstream_st* stream);
int launch_backward(const Backward& pass, CUstream_st* stream);

}  // namespace sct::nt_xent::cuda
