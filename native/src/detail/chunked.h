// A loss that is a sum over anchors, computed a few anchors at a time.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace sct {

// Differentiable sum of the losses of anchors [R, D], the first of which is row `first`, among
// candidates [C, D].
using ChunkLoss = std::function<at::Tensor(const at::Tensor& anchors, const at::Tensor& candidates,
                                           int64_t first)>;

// Sum of the losses of all `anchors` [A, D] among `candidates` [C, D], in their type.
// Differentiable once: where a gradient is wanted, it is computed right here, chunk by chunk, so
// that no more than a chunk's similarities are ever held.
at::Tensor sum_by_chunks(const at::Tensor& anchors, const at::Tensor& candidates,
                         const ChunkLoss& loss);

// Calls `part` with the first row and the number of rows of each chunk of `rows` rows among
// `candidates` candidates.
void each_chunk(int64_t rows, int64_t candidates,
                const std::function<void(int64_t first, int64_t count)>& part);

// The rows v of `z` [M, D], float32 or float64, as v / max(|v|, 1e-12), the norm in float64.
at::Tensor unit_rows(const at::Tensor& z);

}  // namespace sct
