// Contrastive accuracy and entropy, computed with operations of libtorch a few anchors at a time.
#pragma once

#include <ATen/core/Tensor.h>

namespace sct {

// Over the N anchors of view 1 and the N rows of view 2. Nothing waits for a GPU.
class Measures {
 public:
  explicit Measures(const at::TensorOptions& options);

  // Adds the anchors from row `first` on; `s` [count, N] is their similarities over the
  // temperature.
  void add(const at::Tensor& s, int64_t first);

  // The same of those among the rows from row `first` on that are of view 1; `s` [count, VN] is
  // their similarities with all rows, of N images and any number of views. Outside any graph.
  void add_rows(const at::Tensor& s, int64_t first, int64_t images);

  // Share of the `anchors` whose positive is strictly more similar than each of the other rows of
  // view 2.
  at::Tensor accuracy(int64_t anchors) const;

  // Mean entropy, in nats, of the softmax of the similarities.
  at::Tensor entropy(int64_t anchors) const;

 private:
  at::Tensor right_;
  at::Tensor entropy_;
};

}  // namespace sct
