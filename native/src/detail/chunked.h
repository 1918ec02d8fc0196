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

// How many anchors a chunk among `candidates` [C, D], and so many more, has.
int64_t chunk_rows(const at::Tensor& candidates, int64_t more = 0);

// Calls `part` with the first row and the number of rows of each chunk of `rows` rows, `most` in
// each but the last.
void each_chunk(int64_t rows, int64_t most,
                const std::function<void(int64_t first, int64_t count)>& part);

}  // namespace sct
